//! A mutex that `#[traced]` names: no more of the host is needed for it than for one without a name.

use std::sync::{Arc, Mutex};

#[threadlink::traced]
struct Counter {
    value: Mutex<u32>,
}

#[threadlink::traced]
impl Counter {
    fn new() -> Self {
        Self { value: Mutex::new(0) }
    }
}

#[threadlink::main]
fn main() {
    let counter = Arc::new(Counter::new());
    let theirs = Arc::clone(&counter);
    let worker = threadlink::spawn(move || *theirs.value.lock().unwrap() += 1);
    worker.join().expect("the worker does not panic");
    assert_eq!(*counter.value.lock().unwrap(), 1);
}
