//! One thread that waits for another with a condition variable: no read-write lock.

// xtask stress:

use threadlink::sync::{Condvar, Mutex};

static DONE: Mutex<bool> = Mutex::new(false);
static CHANGED: Condvar = Condvar::new();

#[threadlink::main]
fn main() {
    let worker = threadlink::spawn(|| {
        *DONE.lock().unwrap() = true;
        CHANGED.notify_one();
    });
    let done = CHANGED.wait_while(DONE.lock().unwrap(), |done| !*done).unwrap();
    assert!(*done);
    drop(done);
    worker.join().expect("the worker died");
}
