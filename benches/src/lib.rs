//! The workloads that are compared. The same code runs natively and as a guest.

use std::hint::black_box;

/// Spawns and joins a thread, `rounds` times, with threadlink: on a guest its own threads, natively std's.
///
/// # Panics
/// If a thread dies.
pub fn spawn_join(rounds: u64) {
    for round in 0..rounds {
        let result = threadlink::spawn(move || black_box(round)).join();
        assert_eq!(result.expect("the thread returns"), round);
    }
}

/// Takes and releases a free lock of threadlink's, `rounds` times.
pub fn lock_threadlink(rounds: u64) {
    let lock = threadlink::mutex::TracingMutex::new(0_u64);
    for _ in 0..rounds {
        *black_box(&lock).lock() += 1;
    }
    assert_eq!(*lock.lock(), rounds);
}

/// Takes and releases a free lock of parking_lot's, `rounds` times.
pub fn lock_parking_lot(rounds: u64) {
    let lock = parking_lot::Mutex::new(0_u64);
    for _ in 0..rounds {
        *black_box(&lock).lock() += 1;
    }
    assert_eq!(*lock.lock(), rounds);
}

/// Runs the workload of that name; `false` if there is none.
#[must_use]
pub fn run(name: &str, rounds: u64) -> bool {
    match name {
        "spawn_join" => spawn_join(rounds),
        "lock_threadlink" => lock_threadlink(rounds),
        "lock_parking_lot" => lock_parking_lot(rounds),
        _ => return false,
    }
    true
}
