//! Parking and the token of each thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::api::thread;
use crate::case::cases;
use crate::support::until;

cases!("park":
    an_unpark_is_remembered,
    an_unpark_of_oneself_is_remembered,
    a_parked_thread_is_woken,
    unparks_do_not_add_up,
    a_timeout_of_nothing,
    a_timeout_passes,
    the_longest_timeout_ends_with_an_unpark,
    a_token_saves_the_wait_for_a_timeout,
    ping_pong,
    an_unpark_makes_visible_what_came_before,
    a_thread_that_has_ended,
    many_wake_one,
    tokens_belong_to_one_thread,
);

fn an_unpark_is_remembered() {
    // A flag and no channel: waiting for a message is allowed to use up the token.
    let gate = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&gate);
    let thread = thread::spawn(move || {
        until(|| theirs.load(Ordering::Acquire));
        thread::park();
    });
    thread.thread().unpark();
    gate.store(true, Ordering::Release);
    thread.join().unwrap();
}

fn an_unpark_of_oneself_is_remembered() {
    thread::current().unpark();
    thread::park();
    thread::current().unpark();
    thread::park_timeout(Duration::MAX);
}

fn a_parked_thread_is_woken() {
    let woken = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&woken);
    let thread = thread::spawn(move || {
        while !theirs.load(Ordering::Acquire) {
            thread::park();
        }
    });
    thread::yield_now();
    woken.store(true, Ordering::Release);
    thread.thread().unpark();
    thread.join().unwrap();
}

fn unparks_do_not_add_up() {
    let me = thread::current();
    me.unpark();
    me.unpark();
    thread::park();
    // Whether or not the second one left something: this ends by its timeout at the latest.
    thread::park_timeout(Duration::from_millis(1));
    me.unpark();
    thread::park();
}

fn a_timeout_of_nothing() {
    thread::park_timeout(Duration::ZERO);
    thread::park_timeout(Duration::from_nanos(1));
    thread::current().unpark();
    // Takes the token, so that the next one has to wait for its time.
    thread::park_timeout(Duration::ZERO);
    thread::park_timeout(Duration::from_millis(1));
}

fn a_timeout_passes() {
    for micros in [1, 10, 100, 1_000] {
        thread::park_timeout(Duration::from_micros(micros));
    }
}

fn the_longest_timeout_ends_with_an_unpark() {
    let woken = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&woken);
    let thread = thread::spawn(move || {
        while !theirs.load(Ordering::Acquire) {
            thread::park_timeout(Duration::MAX);
        }
    });
    thread::yield_now();
    woken.store(true, Ordering::Release);
    thread.thread().unpark();
    thread.join().unwrap();
}

fn a_token_saves_the_wait_for_a_timeout() {
    thread::current().unpark();
    thread::park_timeout(Duration::from_secs(1_000_000));
}

fn ping_pong() {
    const ROUNDS: usize = 200;
    let turn = Arc::new(AtomicUsize::new(0));
    let theirs = Arc::clone(&turn);
    let me = thread::current();
    let other = thread::spawn(move || {
        for round in 0..ROUNDS {
            while theirs.load(Ordering::Acquire) != 2 * round + 1 {
                thread::park();
            }
            theirs.store(2 * round + 2, Ordering::Release);
            me.unpark();
        }
    });
    for round in 0..ROUNDS {
        turn.store(2 * round + 1, Ordering::Release);
        other.thread().unpark();
        while turn.load(Ordering::Acquire) != 2 * round + 2 {
            thread::park();
        }
    }
    other.join().unwrap();
}

fn an_unpark_makes_visible_what_came_before() {
    let flag = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&flag);
    let thread = thread::spawn(move || {
        // The only unpark comes after the store, so a wake-up that does not see it was spurious.
        while !theirs.load(Ordering::Relaxed) {
            thread::park();
        }
    });
    flag.store(true, Ordering::Relaxed);
    thread.thread().unpark();
    thread.join().unwrap();
}

fn a_thread_that_has_ended() {
    let thread = thread::spawn(|| ());
    let handle = thread.thread().clone();
    until(|| thread.is_finished());
    thread.thread().unpark();
    thread.join().unwrap();
    handle.unpark();
}

fn many_wake_one() {
    const WAKERS: usize = 4;
    let count = Arc::new(AtomicUsize::new(0));
    let me = thread::current();
    let wakers: Vec<_> = (0..WAKERS)
        .map(|_| {
            let (count, me) = (Arc::clone(&count), me.clone());
            thread::spawn(move || {
                count.fetch_add(1, Ordering::Release);
                me.unpark();
            })
        })
        .collect();
    while count.load(Ordering::Acquire) < WAKERS {
        thread::park();
    }
    for waker in wakers {
        waker.join().unwrap();
    }
}

fn tokens_belong_to_one_thread() {
    let sleepers: Vec<_> = (0..3)
        .map(|_| {
            let woken = Arc::new(AtomicBool::new(false));
            let theirs = Arc::clone(&woken);
            let sleeper = thread::spawn(move || {
                while !theirs.load(Ordering::Acquire) {
                    thread::park();
                }
            });
            (sleeper, woken)
        })
        .collect();
    // In the other order: each unpark reaches the thread that it is for.
    for (sleeper, woken) in sleepers.into_iter().rev() {
        woken.store(true, Ordering::Release);
        sleeper.thread().unpark();
        sleeper.join().unwrap();
    }
}
