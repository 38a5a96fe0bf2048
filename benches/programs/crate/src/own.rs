//! What the crate has and std has not: its named locks, each beside parking_lot's.

use std::hint::black_box;
use std::sync::Arc;

use threadlink::mutex::TracingMutex;
use threadlink::rwlock::TracingRwLock;
use threadlink::sync::Barrier;
use threadlink::thread;

/// Runs the workload of that name; `None` if there is none.
pub(crate) fn run(name: &str, rounds: u64, threads: u64) -> Option<u64> {
    Some(match name {
        "lock_tracing" => lock_tracing(rounds),
        "lock_parking_lot" => lock_parking_lot(rounds),
        "read_tracing" => read_tracing(rounds),
        "read_parking_lot" => read_parking_lot(rounds),
        "crowd_mutex" => crowd_mutex(rounds, threads),
        "crowd_rwlock" => crowd_rwlock(rounds, threads),
        _ => return None,
    })
}

/// Takes and releases a free lock of threadlink's.
fn lock_tracing(rounds: u64) -> u64 {
    let lock = TracingMutex::new(0_u64);
    for _ in 0..rounds {
        *black_box(&lock).lock() += 1;
    }
    lock.into_inner()
}

/// The same with parking_lot's.
fn lock_parking_lot(rounds: u64) -> u64 {
    let lock = parking_lot::Mutex::new(0_u64);
    for _ in 0..rounds {
        *black_box(&lock).lock() += 1;
    }
    lock.into_inner()
}

/// Takes a free read-write lock of threadlink's for reading and releases it.
fn read_tracing(rounds: u64) -> u64 {
    let lock = TracingRwLock::new(1_u64);
    (0..rounds).map(|_| *black_box(&lock).read()).sum()
}

/// The same with parking_lot's.
fn read_parking_lot(rounds: u64) -> u64 {
    let lock = parking_lot::RwLock::new(1_u64);
    (0..rounds).map(|_| *black_box(&lock).read()).sum()
}

/// A crowd takes a mutex, `rounds` times each, and yields with it, so that all others come to want it.
fn crowd_mutex(rounds: u64, threads: u64) -> u64 {
    let lock = Arc::new(TracingMutex::new(0_u64));
    let shared = Arc::clone(&lock);
    crowd(rounds, threads, move |_| {
        let mut number = shared.lock();
        thread::yield_now();
        *number += 1;
    });
    *lock.lock()
}

/// A crowd takes a read-write lock, `rounds` times each, and yields with it; each eighth time is for writing.
fn crowd_rwlock(rounds: u64, threads: u64) -> u64 {
    let lock = Arc::new(TracingRwLock::new(0_u64));
    let shared = Arc::clone(&lock);
    crowd(rounds, threads, move |round| {
        if round % 8 == 0 {
            let mut number = shared.write();
            thread::yield_now();
            *number += 1;
        } else {
            let number = shared.read();
            thread::yield_now();
            black_box(*number);
        }
    });
    *lock.read()
}

fn crowd(rounds: u64, threads: u64, turn: impl Fn(u64) + Clone + Send + 'static) {
    let all_there = Arc::new(Barrier::new(threads as usize));
    let start = || {
        let (turn, all_there) = (turn.clone(), Arc::clone(&all_there));
        thread::spawn(move || {
            all_there.wait();
            (0..rounds).for_each(turn);
        })
    };
    let threads: Vec<_> = (0..threads).map(|_| start()).collect();
    for thread in threads {
        thread.join().expect("the thread returns");
    }
}
