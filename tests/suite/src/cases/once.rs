//! What is to happen once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::api::sync::{Once, OnceState};
use crate::api::thread;
use crate::case::cases;
use crate::support::panic_of;

cases!("once":
    once,
    once_for_many_threads,
    everybody_waits_until_it_has_happened,
    waiting_without_doing_it,
    forced,
    debug_output;
    unwinding: a_panic_poisons,
    a_poisoned_one_can_be_forced,
);

fn once() {
    let once = Once::new();
    let mut count = 0;
    assert!(!once.is_completed());
    once.call_once(|| count += 1);
    once.call_once(|| count += 1);
    assert!(once.is_completed());
    assert_eq!(count, 1);
}

fn once_for_many_threads() {
    let shared = Arc::new((Once::new(), AtomicUsize::new(0)));
    let threads: Vec<_> = (0..6)
        .map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                shared.0.call_once(|| {
                    thread::yield_now();
                    shared.1.fetch_add(1, Ordering::Relaxed);
                });
                shared.1.load(Ordering::Relaxed)
            })
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == 1));
}

fn everybody_waits_until_it_has_happened() {
    let shared = Arc::new((Once::new(), AtomicUsize::new(0)));
    let theirs = Arc::clone(&shared);
    shared.0.call_once(|| {
        let late = thread::spawn({
            let theirs = Arc::clone(&theirs);
            move || {
                theirs.1.store(1, Ordering::Release);
                theirs.0.call_once(|| unreachable!());
                theirs.1.load(Ordering::Relaxed)
            }
        });
        crate::support::until(|| theirs.1.load(Ordering::Acquire) == 1);
        thread::yield_now();
        assert!(!late.is_finished() && !theirs.0.is_completed());
        theirs.1.store(2, Ordering::Relaxed);
    });
    assert!(shared.0.is_completed());
}

fn waiting_without_doing_it() {
    let once = Arc::new(Once::new());
    let theirs = Arc::clone(&once);
    let waiter = thread::spawn(move || {
        theirs.wait();
        theirs.is_completed()
    });
    thread::yield_now();
    once.call_once(|| ());
    assert!(waiter.join().unwrap());
    once.wait();
    once.wait_force();
}

fn forced() {
    let once = Once::new();
    let mut poisoned = None;
    once.call_once_force(|state: &OnceState| poisoned = Some(state.is_poisoned()));
    once.call_once_force(|_| unreachable!());
    assert_eq!(poisoned, Some(false));
}

fn debug_output() {
    let once = Once::new();
    assert_eq!(format!("{once:?}"), "Once { .. }");
    once.call_once_force(|state| {
        assert_eq!(format!("{state:?}"), "OnceState { poisoned: false }");
    });
}

fn a_panic_poisons() {
    let once = Once::new();
    assert_eq!(panic_of(|| once.call_once(|| panic!("first"))), "first");
    assert!(!once.is_completed());
    let message = panic_of(|| once.call_once(|| unreachable!()));
    assert!(message.contains("poisoned"), "{message}");
    let message = panic_of(|| once.wait());
    assert!(message.contains("poisoned"), "{message}");
}

fn a_poisoned_one_can_be_forced() {
    let once = Arc::new(Once::new());
    let theirs = Arc::clone(&once);
    let result = thread::spawn(move || theirs.call_once(|| panic!("in a thread"))).join();
    assert!(result.is_err());
    once.call_once_force(|state| assert!(state.is_poisoned()));
    assert!(once.is_completed());
    once.call_once(|| unreachable!());
}
