//! A lock whose owner is gone: dead with the lock in its hands, or returned without releasing it (`forgot`). Somebody
//! waits for it.

// xtask standstill:
// xtask standstill: forgot

use std::sync::Arc;

use threadlink::sync::Mutex;
use threadlink::thread;

#[threadlink::main]
fn main() {
    let forgets = threadlink::env::args().any(|argument| argument == "forgot");
    let lock = Arc::new(Mutex::new(0));
    let held = Arc::clone(&lock);
    let victim = thread::Builder::new().name("victim".into()).spawn(move || {
        let guard = held.lock();
        assert!(forgets, "with the lock in hand");
        std::mem::forget(guard);
    });
    assert_eq!(victim.expect("no thread").join().is_ok(), forgets);
    let value = lock.lock();
    threadlink::println!("{}", value.is_ok());
}
