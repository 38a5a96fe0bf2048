//! Programs without a bug, which tools of this kind have taken for wrong: they spin, give way, run out of time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use crate::lib::sync::{Barrier, Condvar, Mutex, OnceLock, RwLock, mpsc};
use crate::lib::thread::{park, yield_now};
use crate::{Program, start};

pub(crate) const PROGRAMS: &[Program] = &[
    ("well", "spin", spin),
    ("well", "back-off", back_off),
    ("well", "time-runs-out", time_runs_out),
    ("well", "parks", parks),
    ("well", "sequence-lock", sequence_lock),
    ("well", "once", once),
    ("well", "channel", channel),
    ("well", "readers", readers),
    ("well", "barrier", barrier),
];

/// Waits in a bare loop.
fn spin() {
    let ready = Arc::new(AtomicBool::new(false));
    let waiters = ["one", "two"].map(|name| {
        let ready = ready.clone();
        start(name, move || {
            while !ready.load(SeqCst) {
                std::hint::spin_loop();
            }
        })
    });
    ready.store(true, SeqCst);
    for waiter in waiters {
        waiter.join().expect("it ends");
    }
}

/// Two locks in two orders, with a way back.
fn back_off() {
    let locks = Arc::new([Mutex::new(0), Mutex::new(0)]);
    let threads = [0, 1].map(|own: usize| {
        let locks = locks.clone();
        start(&format!("number-{own}"), move || {
            loop {
                let mut first = locks[own].lock().expect("nobody panics with it");
                if let Ok(mut second) = locks[1 - own].try_lock() {
                    *first += 1;
                    *second += 1;
                    return;
                }
                drop(first);
                yield_now();
            }
        })
    });
    for thread in threads {
        thread.join().expect("it ends");
    }
    assert_eq!(*locks[0].lock().expect("nobody panics with it"), 2);
}

/// Nobody ever signals.
fn time_runs_out() {
    let state = Arc::new((Mutex::new(false), Condvar::new()));
    let waiter = {
        let state = state.clone();
        start("waiter", move || {
            let lock = state.0.lock().expect("nobody panics with it");
            let waits = state.1.wait_timeout(lock, Duration::from_secs(3600));
            let (lock, result) = waits.expect("nobody panics with it");
            assert!(result.timed_out() && !*lock);
        })
    };
    crate::lib::thread::sleep(Duration::from_millis(20));
    waiter.join().expect("its time is over");
}

fn parks() {
    let ready = Arc::new(AtomicBool::new(false));
    let waiter = {
        let ready = ready.clone();
        start("waiter", move || {
            while !ready.load(SeqCst) {
                park();
            }
        })
    };
    ready.store(true, SeqCst);
    waiter.thread().unpark();
    waiter.join().expect("it ends");
}

/// A writer that tells readers by a number whether they have read what belongs together.
fn sequence_lock() {
    #[derive(Default)]
    struct Pair {
        sequence: AtomicUsize,
        halves: [AtomicUsize; 2],
    }
    let pair = Arc::new(Pair::default());
    let writer = {
        let pair = pair.clone();
        start("writer", move || {
            for value in 1..3 {
                pair.sequence.fetch_add(1, SeqCst);
                for half in &pair.halves {
                    half.store(value, SeqCst);
                }
                pair.sequence.fetch_add(1, SeqCst);
            }
        })
    };
    let reader = {
        let pair = pair.clone();
        start("reader", move || {
            loop {
                let before = pair.sequence.load(SeqCst);
                let halves = [pair.halves[0].load(SeqCst), pair.halves[1].load(SeqCst)];
                if before % 2 == 0 && pair.sequence.load(SeqCst) == before {
                    assert_eq!(halves[0], halves[1]);
                    return;
                }
                std::hint::spin_loop();
            }
        })
    };
    writer.join().expect("it ends");
    reader.join().expect("it has read a pair");
}

fn once() {
    static ONCE: OnceLock<usize> = OnceLock::new();
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let threads =
        ["one", "two"].map(|name| start(name, || *ONCE.get_or_init(|| MADE.fetch_add(1, SeqCst) + 7)));
    for thread in threads {
        assert_eq!(thread.join().expect("it ends"), 7);
    }
}

fn channel() {
    let (sender, receiver) = mpsc::sync_channel(1);
    let senders = [1, 2].map(|value: usize| {
        let sender = sender.clone();
        start(&format!("sender-{value}"), move || {
            for _ in 0..2 {
                sender.send(value).expect("somebody receives");
            }
        })
    });
    drop(sender);
    assert_eq!(receiver.iter().sum::<usize>(), 6);
    for sender in senders {
        sender.join().expect("it ends");
    }
}

fn readers() {
    let pair = Arc::new(RwLock::new((0, 0)));
    let writer = {
        let pair = pair.clone();
        start("writer", move || {
            let mut pair = pair.write().expect("nobody panics with it");
            pair.0 += 1;
            pair.1 += 1;
        })
    };
    let readers = ["one", "two"].map(|name| {
        let pair = pair.clone();
        start(name, move || {
            let pair = pair.read().expect("nobody panics with it");
            assert_eq!(pair.0, pair.1);
        })
    });
    writer.join().expect("it ends");
    for reader in readers {
        reader.join().expect("it has read a pair");
    }
}

fn barrier() {
    let barrier = Arc::new((Barrier::new(2), AtomicUsize::new(0)));
    let threads = ["one", "two"].map(|name| {
        let barrier = barrier.clone();
        start(name, move || {
            barrier.1.fetch_add(1, SeqCst);
            barrier.0.wait();
            assert_eq!(barrier.1.load(SeqCst), 2);
        })
    });
    for thread in threads {
        thread.join().expect("both had come");
    }
}
