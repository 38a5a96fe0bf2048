//! A thread dies while it holds a lock, and another one waits for that lock.

use std::sync::Arc;

use threadlink::sync::Mutex;
use threadlink::thread;

#[threadlink::main]
fn main() {
    let lock = Arc::new(Mutex::new(0));
    let held = Arc::clone(&lock);
    let victim = thread::Builder::new().name("victim".into()).spawn(move || {
        let _guard = held.lock();
        panic!("with the lock in hand");
    });
    assert!(victim.expect("no thread").join().is_err());
    let value = lock.lock();
    threadlink::println!("{}", value.is_ok());
}
