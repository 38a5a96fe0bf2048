//! The smallest threaded program of std: its size, and how long it takes to start.

use std::sync::{Arc, Mutex};

fn main() {
    let number = Arc::new(Mutex::new(1));
    let theirs = Arc::clone(&number);
    let thread = std::thread::spawn(move || *theirs.lock().unwrap() += 1);
    thread.join().unwrap();
    println!("hello {}", number.lock().unwrap());
}
