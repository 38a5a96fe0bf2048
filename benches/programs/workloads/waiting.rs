//! Waiting: condition variables, parking, barriers, idle pools, and waiters that must not take time from those who work.

use std::hint::black_box;

use crate::platform::{
    sync::{Arc, Barrier, Condvar, Mutex},
    thread,
    time::Duration,
};

/// Two threads wake each other in turn, `rounds` times there and back, with a condition variable.
pub(crate) fn ping_pong(rounds: u64) -> u64 {
    let shared = Arc::new((Mutex::new(0_u64), Condvar::new()));
    let play = |mine: u64| {
        let shared = Arc::clone(&shared);
        move || {
            for _ in 0..rounds {
                let mut number = shared.0.lock().expect("nobody panics");
                while *number % 2 != mine {
                    number = shared.1.wait(number).expect("nobody panics");
                }
                *number += 1;
                shared.1.notify_one();
            }
        }
    };
    let other = thread::spawn(play(1));
    play(0)();
    other.join().expect("the thread returns");
    *shared.0.lock().expect("nobody panics")
}

/// Notifies a condition variable at which nobody waits.
pub(crate) fn notify(rounds: u64) -> u64 {
    let condvar = Condvar::new();
    (0..rounds)
        .map(|_| {
            black_box(&condvar).notify_one();
            1
        })
        .sum()
}

/// A thread unparks itself, so that it does not wait when it parks.
pub(crate) fn token(rounds: u64) -> u64 {
    let me = thread::current();
    (0..rounds)
        .map(|_| {
            me.unpark();
            thread::park();
            1
        })
        .sum()
}

/// Two threads take turns by parking and unparking.
pub(crate) fn park(rounds: u64) -> u64 {
    let turn = Arc::new(Mutex::new(0_u64));
    let main = thread::current();
    let theirs = Arc::clone(&turn);
    let wait_for = |turn: &Mutex<u64>, mine: u64| {
        while *turn.lock().expect("nobody panics") % 2 != mine {
            thread::park();
        }
    };
    let other = thread::spawn(move || {
        for _ in 0..rounds {
            wait_for(&theirs, 1);
            *theirs.lock().expect("nobody panics") += 1;
            main.unpark();
        }
    });
    for _ in 0..rounds {
        *turn.lock().expect("nobody panics") += 1;
        other.thread().unpark();
        wait_for(&turn, 0);
    }
    other.join().expect("the thread returns");
    *turn.lock().expect("nobody panics")
}

/// Threads meet at a barrier, `rounds` times.
pub(crate) fn barrier(rounds: u64, threads: u64) -> u64 {
    let meeting = Arc::new(Barrier::new(threads as usize));
    let all: Vec<_> = (0..threads)
        .map(|_| {
            let meeting = Arc::clone(&meeting);
            thread::spawn(move || (0..rounds).filter(|_| meeting.wait().is_leader()).count() as u64)
        })
        .collect();
    all.into_iter()
        .map(|thread| thread.join().expect("the thread returns"))
        .sum()
}

/// A pool of threads has nothing to do for so many milliseconds: what counts is the processor's time.
pub(crate) fn idle(millis: u64, threads: u64) -> u64 {
    let shared = Arc::new((Mutex::new(false), Condvar::new()));
    let all: Vec<_> = (0..threads)
        .map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let mut end = shared.0.lock().expect("nobody panics");
                while !*end {
                    end = shared.1.wait(end).expect("nobody panics");
                }
                1
            })
        })
        .collect();
    thread::sleep(Duration::from_millis(millis));
    *shared.0.lock().expect("nobody panics") = true;
    shared.1.notify_all();
    all.into_iter()
        .map(|thread| thread.join().expect("the thread returns"))
        .sum()
}

/// All processors compute, while `threads` more wait for a lock that one of those who compute holds.
pub(crate) fn beside_work(side: u64, threads: u64) -> u64 {
    let lock = Arc::new(Mutex::new(0_u64));
    let mut held = lock.lock().expect("nobody panics");
    let waiters: Vec<_> = (0..threads)
        .map(|_| {
            let lock = Arc::clone(&lock);
            thread::spawn(move || *lock.lock().expect("nobody panics") += 1)
        })
        .collect();
    let workers = thread::available_parallelism().map_or(1, usize::from) as u64;
    // The same work on any machine: a picture for each worker.
    let total = super::compute::mandelbrot(side, workers);
    *held += total;
    drop(held);
    for waiter in waiters {
        waiter.join().expect("the thread returns");
    }
    *lock.lock().expect("nobody panics")
}
