//! What looks like a deadlock and is none; the argument says which.

// xtask no standstill: gate
// xtask no standstill: try_lock
// xtask no standstill: forgotten

use std::sync::Arc;

use threadlink::mutex::TracingMutex as Mutex;
use threadlink::raw::Held;
use threadlink::{spawn, thread};

/// Opposite orders, under one lock that both take first.
fn gate() {
    let locks = Arc::new((Mutex::new(()), Mutex::new(()), Mutex::new(())));
    let other = Arc::clone(&locks);
    let thread = spawn(move || {
        for _ in 0..50 {
            let _gate = other.0.lock();
            let _a = other.1.lock();
            let _b = other.2.lock();
        }
    });
    for _ in 0..50 {
        let _gate = locks.0.lock();
        let _b = locks.2.lock();
        let _a = locks.1.lock();
    }
    thread.join().unwrap();
}

/// Opposite orders, where the second lock is only tried for.
fn try_lock() {
    let locks = Arc::new((Mutex::new(0), Mutex::new(0)));
    let other = Arc::clone(&locks);
    let thread = spawn(move || {
        let mut both = 0;
        while both < 20 {
            let _a = other.0.lock();
            if other.1.try_lock().is_some() {
                both += 1;
            } else {
                thread::yield_now();
            }
        }
    });
    let mut both = 0;
    while both < 20 {
        let _b = locks.1.lock();
        if locks.0.try_lock().is_some() {
            both += 1;
        } else {
            thread::yield_now();
        }
    }
    thread.join().unwrap();
}

/// A guard that is forgotten, and a new lock in the memory of the old one, while the first owner waits for the
/// thread that takes the new one.
fn forgotten() {
    for _ in 0..20 {
        let lock = Box::new(Mutex::new(0));
        let address = &raw const *lock as usize;
        std::mem::forget(lock.lock());
        drop(lock);
        let next = Box::new(Mutex::new(0));
        let reused = &raw const *next as usize == address;
        let thread = spawn(move || {
            *next.lock() += 1;
            *next.lock()
        });
        assert_eq!(thread.join().unwrap(), 1);
        assert!(
            reused || cfg!(not(target_arch = "wasm32")),
            "the allocator gave other memory"
        );
    }
    // Forgotten for good, by a thread that ends; nobody wants it any more.
    let lock = Arc::new(Mutex::new(0));
    let kept = Arc::clone(&lock);
    spawn(move || std::mem::forget(kept.lock())).join().unwrap();
    assert!(lock.try_lock().is_none());
    // Forgotten here, wanted there, and released in the end.
    let lock = Arc::new(Mutex::new(0));
    std::mem::forget(lock.lock());
    let wanted = Arc::clone(&lock);
    let thread = spawn(move || *wanted.lock());
    thread::yield_now();
    // SAFETY: the lock is held, by the guard that was forgotten above in this thread, and its state is empty.
    unsafe { lock.force_unlock(Held::new(lock_api::GuardNoSend::new())) };
    assert_eq!(thread.join().unwrap(), 0);
}

#[threadlink::main]
fn main() {
    match threadlink::env::args().nth(1).as_deref() {
        Some("gate") => gate(),
        Some("try_lock") => try_lock(),
        Some("forgotten") => forgotten(),
        other => panic!("no such case: {other:?}"),
    }
    threadlink::println!("done");
}
