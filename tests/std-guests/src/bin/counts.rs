//! Two threads ask how many references there are before they give their own back: whoever sees that no other thread has one is the
//! last. None is if both ask before one has given its own back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

fn main() {
    let shared = Arc::new(());
    let last = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let (shared, last) = (shared.clone(), last.clone());
            thread::spawn(move || {
                // Main has one as well.
                if Arc::strong_count(&shared) == 2 {
                    last.fetch_add(1, Ordering::Relaxed);
                }
                drop(shared);
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("it does not panic");
    }
    assert_ne!(last.load(Ordering::Relaxed), 0, "nobody was the last");
}
