//! Spawn, join and the seed's lock, and nothing else: what a module must look like that runs on every host.

use std::sync::Arc;

use threadlink::mutex::TracingMutex;

#[threadlink::main]
fn main() {
    let total = Arc::new(TracingMutex::new(0_u32));
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let total = Arc::clone(&total);
            threadlink::spawn(move || {
                for _ in 0..1_000 {
                    *total.lock() += 1;
                }
                *total.lock()
            })
        })
        .collect();
    let last = workers
        .into_iter()
        .map(|worker| worker.join().expect("a worker died"))
        .max();
    assert_eq!(*total.lock(), 4_000);
    assert_eq!(last, Some(4_000));
}
