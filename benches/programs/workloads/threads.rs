//! Threads: starting them, and waiting for their end.

use std::hint::black_box;

use crate::platform::{
    sync::{Arc, Barrier},
    thread,
};

/// Spawns a thread and joins it, again and again.
pub(crate) fn spawn_join(rounds: u64) -> u64 {
    (0..rounds)
        .map(|round| {
            thread::spawn(move || black_box(round))
                .join()
                .expect("the thread returns")
        })
        .sum()
}

/// Spawns all threads, then joins them all.
pub(crate) fn spawns(rounds: u64) -> u64 {
    let threads: Vec<_> = (0..rounds)
        .map(|round| thread::spawn(move || black_box(round)))
        .collect();
    threads
        .into_iter()
        .map(|thread| thread.join().expect("the thread returns"))
        .sum()
}

/// Opens a scope with two threads, again and again.
pub(crate) fn scope(rounds: u64) -> u64 {
    let mut total = 0;
    for round in 0..rounds {
        let (mut left, mut right) = (0, 0);
        thread::scope(|scope| {
            scope.spawn(|| left = black_box(round));
            scope.spawn(|| right = black_box(round + 1));
        });
        total += left + right;
    }
    total
}

/// So many threads are alive at once, and all meet twice.
pub(crate) fn live(threads: u64) -> u64 {
    let meeting = Arc::new(Barrier::new(threads as usize + 1));
    let all: Vec<_> = (0..threads)
        .map(|number| {
            let meeting = Arc::clone(&meeting);
            thread::Builder::new()
                .stack_size(64 * 1024)
                .spawn(move || {
                    meeting.wait();
                    meeting.wait();
                    number
                })
                .expect("there is room for the thread")
        })
        .collect();
    meeting.wait();
    meeting.wait();
    all.into_iter()
        .map(|thread| thread.join().expect("the thread returns"))
        .sum()
}
