//! Tests for `threadlink test --explore`: some fail under few schedules, and hardly ever when they are just run.
#![cfg(target_arch = "wasm32")]

#[cfg(threadlink_std)]
use std as lib;
#[cfg(not(threadlink_std))]
use threadlink as lib;

use lib::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use lib::thread;

/// Two threads add one each, by `add`.
fn count(add: fn(&AtomicUsize)) -> usize {
    let count = AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(|| add(&count));
        add(&count);
    });
    count.into_inner()
}

fn in_two_steps(count: &AtomicUsize) {
    let seen = count.load(SeqCst);
    count.store(seen + 1, SeqCst);
}

fn at_once(count: &AtomicUsize) {
    count.fetch_add(1, SeqCst);
}

#[threadlink::test]
fn nothing_is_lost() {
    assert_eq!(count(at_once), 2);
}

#[threadlink::test]
fn one_is_lost() {
    assert_eq!(count(in_two_steps), 2, "an update is lost");
}

#[threadlink::test(schedules = 300)]
fn one_is_lost_and_it_says_so() {
    assert_eq!(count(in_two_steps), 2, "an update is lost");
}

#[threadlink::test]
#[should_panic = "nobody is here"]
fn it_has_to_panic() {
    assert_eq!(count(at_once), 2);
    panic!("nobody is here");
}

#[threadlink::test]
#[ignore = "nobody wants it"]
fn it_is_left_out() {
    assert_eq!(count(in_two_steps), 3);
}

/// A thread that panics is its starter's affair.
#[threadlink::test]
#[cfg(panic = "unwind")]
fn a_thread_may_panic() {
    let thread = thread::spawn(|| panic!("it gives up"));
    assert!(thread.join().is_err());
}

/// Only std's own threads run these.
#[cfg(threadlink_std)]
#[test]
fn a_plain_one_is_lost() {
    assert_eq!(count(in_two_steps), 2, "an update is lost");
}
