//! A thousand threads alive at once: each waits for all the others.

// xtask stress:

use std::sync::{Arc, Barrier};

#[threadlink::main]
fn main() {
    let all = Arc::new(Barrier::new(1_001));
    let threads: Vec<_> = (0..1_000_u64)
        .map(|number| {
            let all = Arc::clone(&all);
            threadlink::spawn(move || {
                all.wait();
                number
            })
        })
        .collect();
    all.wait();
    let sum: u64 = threads
        .into_iter()
        .map(|thread| thread.join().expect("a thread died"))
        .sum();
    threadlink::println!("{sum}");
}
