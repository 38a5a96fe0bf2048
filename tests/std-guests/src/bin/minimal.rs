//! Spawns, joins, locks and panics, and does nothing else: what it imports, every host has.

use std::sync::{Arc, Mutex};
use std::thread;

fn main() {
    let sum = Arc::new(Mutex::new(0));
    let threads: Vec<_> = (1..=4)
        .map(|number| {
            let sum = Arc::clone(&sum);
            thread::spawn(move || *sum.lock().expect("nobody panicked") += number)
        })
        .collect();
    for thread in threads {
        assert!(thread.join().is_ok(), "a thread has died");
    }
    assert!(*sum.lock().expect("nobody panicked") == 10, "a number was lost");
    let dead = thread::spawn(|| panic!("meant to die")).join();
    assert!(dead.is_err(), "the thread should have died");
}
