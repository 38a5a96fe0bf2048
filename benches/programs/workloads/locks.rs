//! Locks: free ones, and one that several threads want.

use std::hint::black_box;

use crate::platform::{
    sync::{Arc, Mutex, RwLock},
    thread,
};

/// Takes and releases a free mutex.
pub(crate) fn lock(rounds: u64) -> u64 {
    let lock = Mutex::new(0_u64);
    for _ in 0..rounds {
        *black_box(&lock).lock().expect("nobody panics") += 1;
    }
    lock.into_inner().expect("nobody panics")
}

/// Takes a free read-write lock for reading and releases it.
pub(crate) fn read(rounds: u64) -> u64 {
    let lock = RwLock::new(1_u64);
    (0..rounds)
        .map(|_| *black_box(&lock).read().expect("nobody panics"))
        .sum()
}

/// Takes a free read-write lock for writing and releases it.
pub(crate) fn write(rounds: u64) -> u64 {
    let lock = RwLock::new(0_u64);
    for _ in 0..rounds {
        *black_box(&lock).write().expect("nobody panics") += 1;
    }
    lock.into_inner().expect("nobody panics")
}

/// Threads count with one mutex, `rounds` times each.
pub(crate) fn counter(rounds: u64, threads: u64) -> u64 {
    let number = Arc::new(Mutex::new(0_u64));
    let count = || {
        let number = Arc::clone(&number);
        thread::spawn(move || {
            for _ in 0..rounds {
                *number.lock().expect("nobody panics") += 1;
            }
        })
    };
    let threads: Vec<_> = (0..threads).map(|_| count()).collect();
    for thread in threads {
        thread.join().expect("the thread returns");
    }
    *number.lock().expect("nobody panics")
}
