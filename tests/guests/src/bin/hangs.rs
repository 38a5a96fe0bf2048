//! Hangs for ever: one thread works, one waits for a lock that the main thread holds, which waits for the others.

use std::hint::black_box;
use std::sync::Arc;

use threadlink::sync::Mutex;
use threadlink::thread::Builder;

fn works_for_ever() {
    let mut number = 1_u32;
    loop {
        number = black_box(number.wrapping_mul(3));
    }
}

fn waits_for_the_lock(lock: &Mutex<u32>) {
    *lock.lock().unwrap() += 1;
}

#[threadlink::main]
fn main() {
    let lock = Arc::new(Mutex::new(0));
    let _held = lock.lock().unwrap();
    let worker = Builder::new().name("worker".into()).spawn(works_for_ever);
    let other = Arc::clone(&lock);
    let waiter = Builder::new()
        .name("waiter".into())
        .spawn(move || waits_for_the_lock(&other));
    worker.unwrap().join().unwrap();
    waiter.unwrap().join().unwrap();
}
