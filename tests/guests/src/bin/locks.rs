//! A read-write lock, a mutex and a condition variable between threads, and nothing else: no output, no clock.

// xtask stress:

use std::time::Duration;

use threadlink::rwlock::TracingRwLock;
use threadlink::sync::{Arc, Condvar, Mutex, RwLock, RwLockWriteGuard, TryLockError};

const THREADS: u32 = 4;
const ROUNDS: u32 = 1_000;

#[threadlink::main]
fn main() {
    readers_see_whole_writes();
    downgrades_let_nobody_write();
    what_is_queued_is_taken();
    the_other_flavour();
    a_panic_poisons();
}

fn together(body: impl Fn(u32) + Send + Sync + 'static) {
    let body = Arc::new(body);
    let workers: Vec<_> = (0..THREADS)
        .map(|number| {
            let body = Arc::clone(&body);
            threadlink::spawn(move || body(number))
        })
        .collect();
    for worker in workers {
        worker.join().expect("a worker died");
    }
}

fn readers_see_whole_writes() {
    let pair = Arc::new(RwLock::new((0, 0)));
    let theirs = Arc::clone(&pair);
    together(move |number| {
        for _ in 0..ROUNDS {
            if number % 2 == 0 {
                let mut pair = theirs.write().unwrap();
                pair.0 += 1;
                pair.1 -= 1;
            } else {
                let pair = theirs.read().unwrap();
                assert_eq!(pair.0, -pair.1, "a reader saw half a write");
            }
        }
    });
    let written = (ROUNDS * THREADS / 2).cast_signed();
    assert_eq!(*pair.read().unwrap(), (written, -written));
    let reader = pair.try_read().unwrap();
    assert!(matches!(pair.try_write(), Err(TryLockError::WouldBlock)));
    drop(reader);
    assert!(pair.try_write().is_ok());
}

fn downgrades_let_nobody_write() {
    let number = Arc::new(RwLock::new(0));
    let theirs = Arc::clone(&number);
    together(move |_| {
        for _ in 0..ROUNDS {
            let mut writer = theirs.write().unwrap();
            *writer += 1;
            let written = *writer;
            assert_eq!(*RwLockWriteGuard::downgrade(writer), written);
        }
    });
    assert_eq!(*number.read().unwrap(), THREADS * ROUNDS);
}

fn what_is_queued_is_taken() {
    static QUEUE: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    static CHANGED: Condvar = Condvar::new();
    let consumer = threadlink::spawn(|| {
        let mut sum = 0;
        for _ in 0..ROUNDS {
            let mut queue = CHANGED
                .wait_while(QUEUE.lock().unwrap(), |queue| queue.is_empty())
                .unwrap();
            sum += queue.pop().expect("one is there");
            CHANGED.notify_all();
        }
        sum
    });
    for number in 0..ROUNDS {
        let mut queue = QUEUE.lock().unwrap();
        while queue.len() >= 2 {
            queue = CHANGED.wait(queue).unwrap();
        }
        queue.push(number);
        CHANGED.notify_one();
    }
    assert_eq!(consumer.join().ok(), Some((0..ROUNDS).sum()));
    // A wait with a limit needs no clock.
    let (guard, result) = CHANGED
        .wait_timeout(QUEUE.lock().unwrap(), Duration::ZERO)
        .unwrap();
    assert!(result.timed_out() && guard.is_empty());
    let (_guard, result) = CHANGED.wait_timeout(guard, Duration::from_nanos(1)).unwrap();
    assert!(result.timed_out());
}

fn the_other_flavour() {
    static NUMBER: TracingRwLock<u32> = TracingRwLock::new(0);
    together(|_| {
        let before = *NUMBER.read();
        *NUMBER.write() += 1;
        assert!(*NUMBER.read() > before);
    });
    assert_eq!(*NUMBER.read(), THREADS);
}

/// Only with unwinding: in an abort build the thread dies with the lock in hand, which stays locked.
fn a_panic_poisons() {
    if cfg!(panic = "unwind") {
        let lock = Arc::new(RwLock::new(1));
        let theirs = Arc::clone(&lock);
        let worker = threadlink::spawn(move || {
            let mut guard = theirs.write().unwrap();
            *guard = 2;
            panic!("while written");
        });
        assert!(worker.join().is_err());
        assert!(lock.is_poisoned());
        assert_eq!(*lock.read().unwrap_err().into_inner(), 2);
        lock.clear_poison();
        assert_eq!(*lock.read().unwrap(), 2);
    }
}
