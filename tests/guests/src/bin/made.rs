//! Locks that core and std make for the program: a constructor is passed on, or called by somebody who was asked for a value. Each is
//! made at a line that says so, and used on the next one.

use std::collections::HashMap;
use std::sync::Arc;

use threadlink::sync::{Condvar, Mutex, RwLock};

#[threadlink::main]
fn main() {
    let passed: Vec<Mutex<u64>> = (0..2).map(Mutex::new).collect(); // made
    passed.iter().for_each(|lock| *lock.lock().unwrap() += 1); // used

    let option = std::hint::black_box(Some(3)).map(Mutex::new).unwrap(); // made
    *option.lock().unwrap() += 1; // used

    let shared: Arc<Mutex<u64>> = Arc::default(); // made
    *shared.lock().unwrap() += 1; // used

    let to_read: Vec<RwLock<u64>> = (0..2).map(RwLock::new).collect(); // made
    to_read.iter().for_each(|lock| *lock.write().unwrap() += 1); // used

    let mut map: HashMap<u64, RwLock<u64>> = HashMap::new();
    let entry: &RwLock<u64> = map.entry(1).or_default(); // made
    assert_eq!(*entry.read().unwrap(), 0); // used

    // One after the other, in the same memory.
    let first: Box<Mutex<u64>> = Box::default(); // made
    *first.lock().unwrap() += 1; // used
    drop(first);
    let second: Box<Mutex<u64>> = Box::default(); // made
    *second.lock().unwrap() += 1; // used

    let changed: Arc<Condvar> = Arc::default(); // made
    changed.notify_all(); // used
}
