//! Barriers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::api::sync::Barrier;
use crate::api::thread;
use crate::case::cases;

cases!("barrier":
    each_round_has_one_leader,
    nobody_is_ahead,
);

const THREADS: usize = 4;
const ROUNDS: usize = 50;

fn each_round_has_one_leader() {
    let barrier = Arc::new(Barrier::new(THREADS));
    let leaders: usize = (0..THREADS)
        .map(|_| {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || (0..ROUNDS).filter(|_| barrier.wait().is_leader()).count())
        })
        .collect::<Vec<_>>()
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .sum();
    assert_eq!(leaders, ROUNDS);
}

fn nobody_is_ahead() {
    let shared = Arc::new((Barrier::new(THREADS), AtomicUsize::new(0)));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                for round in 1..=ROUNDS {
                    shared.1.fetch_add(1, Ordering::Relaxed);
                    shared.0.wait();
                    assert_eq!(shared.1.load(Ordering::Relaxed), round * THREADS);
                    shared.0.wait();
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}
