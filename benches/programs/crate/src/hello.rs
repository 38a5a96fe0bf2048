//! The smallest threaded program of the crate: its size, and how long it takes to start.

use std::sync::Arc;

use threadlink::mutex::TracingMutex;

#[threadlink::main]
fn main() {
    let number = Arc::new(TracingMutex::new(1));
    let theirs = Arc::clone(&number);
    let thread = threadlink::spawn(move || *theirs.lock() += 1);
    thread.join().expect("the thread returns");
    threadlink::println!("hello {}", number.lock());
}
