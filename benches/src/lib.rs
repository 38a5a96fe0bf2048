//! The workloads that are compared. The same code runs natively and as a guest.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

/// One thread adds to a number while it is even, another one while it is odd.
macro_rules! ping_pong {
    ($rounds:expr, $spawn:path) => {{
        let shared = Arc::new((Mutex::new(0_u64), Condvar::new()));
        let play = |mine: u64| {
            let shared = Arc::clone(&shared);
            move || {
                for _ in 0..$rounds {
                    let mut number = shared.0.lock().expect("no thread dies");
                    while *number % 2 != mine {
                        number = shared.1.wait(number).expect("no thread dies");
                    }
                    *number += 1;
                    shared.1.notify_one();
                }
            }
        };
        let other = $spawn(play(1));
        play(0)();
        other.join().expect("the thread returns");
        assert_eq!(*shared.0.lock().expect("no thread dies"), 2 * $rounds);
    }};
}

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

/// Takes a free read-write lock of threadlink's for reading and releases it, `rounds` times.
pub fn read_threadlink(rounds: u64) {
    let lock = threadlink::rwlock::TracingRwLock::new(rounds);
    for _ in 0..rounds {
        black_box(*black_box(&lock).read());
    }
    assert_eq!(lock.into_inner(), rounds);
}

/// Takes a free read-write lock of parking_lot's for reading and releases it, `rounds` times.
pub fn read_parking_lot(rounds: u64) {
    let lock = parking_lot::RwLock::new(rounds);
    for _ in 0..rounds {
        black_box(*black_box(&lock).read());
    }
    assert_eq!(lock.into_inner(), rounds);
}

/// Two threads wake each other in turn, `rounds` times there and back, with a condition variable of threadlink's, which
/// natively sleeps as std's does.
///
/// # Panics
/// If a thread dies.
pub fn ping_pong_threadlink(rounds: u64) {
    use threadlink::sync::{Condvar, Mutex};
    ping_pong!(rounds, threadlink::spawn);
}

/// The same with std's.
///
/// # Panics
/// If a thread dies.
pub fn ping_pong_std(rounds: u64) {
    use std::sync::{Condvar, Mutex};
    ping_pong!(rounds, std::thread::spawn);
}

/// Threads that want one lock at once.
const CROWD: u64 = 256;

/// A crowd takes a mutex of threadlink's, `rounds` times in all, and sleeps with it.
///
/// # Panics
/// If a thread dies.
pub fn crowd_mutex(rounds: u64) {
    let lock = Arc::new(threadlink::mutex::TracingMutex::new(0_u64));
    crowd(rounds, move |_| {
        let mut number = lock.lock();
        work();
        *number += 1;
    });
}

/// A crowd takes a read-write lock of threadlink's, `rounds` times in all, each eighth time for writing, and sleeps
/// with it.
///
/// # Panics
/// If a thread dies.
pub fn crowd_rwlock(rounds: u64) {
    let lock = Arc::new(threadlink::rwlock::TracingRwLock::new(0_u64));
    crowd(rounds, move |round| {
        if round % 8 == 0 {
            let mut number = lock.write();
            work();
            *number += 1;
        } else {
            let number = lock.read();
            work();
            black_box(*number);
        }
    });
}

/// Something to do while the lock is held, so that all others come to want it.
fn work() {
    threadlink::thread::sleep(Duration::from_micros(10));
}

fn crowd(rounds: u64, turn: impl Fn(u64) + Clone + Send + 'static) {
    let all_there = Arc::new(threadlink::sync::Barrier::new(CROWD as usize));
    let start = || {
        let (turn, all_there) = (turn.clone(), Arc::clone(&all_there));
        threadlink::spawn(move || {
            all_there.wait();
            (0..rounds / CROWD).for_each(turn);
        })
    };
    let threads: Vec<_> = (0..CROWD).map(|_| start()).collect();
    for thread in threads {
        thread.join().expect("the thread returns");
    }
}

/// Runs the workload of that name; `false` if there is none.
#[must_use]
pub fn run(name: &str, rounds: u64) -> bool {
    match name {
        "spawn_join" => spawn_join(rounds),
        "lock_threadlink" => lock_threadlink(rounds),
        "lock_parking_lot" => lock_parking_lot(rounds),
        "read_threadlink" => read_threadlink(rounds),
        "read_parking_lot" => read_parking_lot(rounds),
        "ping_pong_threadlink" => ping_pong_threadlink(rounds),
        "crowd_mutex" => crowd_mutex(rounds),
        "crowd_rwlock" => crowd_rwlock(rounds),
        _ => return false,
    }
    true
}
