//! Programs that end well under every schedule, of kinds that tools have blamed: they spin, give way, run out of time.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Barrier, Condvar, LazyLock, Mutex, OnceLock, RwLock, mpsc};
use std::thread::{park, park_timeout, yield_now};
use std::time::Duration;

use crate::parts::{Program, Var, together, well, work};
use crate::queues::{Fault, steal};
use crate::stacks::append;

pub(crate) const PROGRAMS: &[Program] = &[
    well("bare-spin", || spin(|| ())),
    well("spin-and-yield", || spin(yield_now)),
    well("spin-lock", spin_lock),
    well("ticket-lock", ticket_lock),
    well("peterson-right", peterson),
    well("back-off", back_off),
    well("time-runs-out", time_runs_out),
    well("nothing-comes", nothing_comes),
    well("park", || parks(park)),
    well("park-timeout", || {
        parks(|| park_timeout(Duration::from_millis(5)));
    }),
    well("sequence-lock", sequence_lock),
    well("once-lock", once_lock),
    well("lazy-lock", lazy_lock),
    well("channel", channel),
    well("barrier", barrier),
    well("readers", readers),
    well("account-right", account),
    well("ordered-phil5", philosophers),
    well("driver-right", driver),
    well("wsq-right", || steal(Fault::Nothing)),
    well("stringbuffer-right", || append(true)),
];

/// Waits in a loop.
fn spin(pause: fn()) {
    let ready = Var::new(0);
    let wait = || {
        while ready.get() == 0 {
            pause();
        }
    };
    together([
        work("one", wait),
        work("two", wait),
        work("setter", || ready.set(1)),
    ]);
}

fn spin_lock() {
    let (locked, value) = (AtomicBool::new(false), Var::new(0));
    let add = || {
        while locked.swap(true, SeqCst) {
            std::hint::spin_loop();
        }
        value.bump(1);
        locked.store(false, SeqCst);
    };
    together([work("one", add), work("two", add), work("three", add)]);
    assert_eq!(value.get(), 3);
}

fn ticket_lock() {
    let (next, serving, value) = (Var::new(0), Var::new(0), Var::new(0));
    let add = || {
        let own = next.add(1);
        while serving.get() != own {
            std::hint::spin_loop();
        }
        value.bump(1);
        serving.set(own + 1);
    };
    together([work("one", add), work("two", add), work("three", add)]);
    assert_eq!(value.get(), 3);
}

fn peterson() {
    let (wants, turn, inside) = ([Var::new(0), Var::new(0)], Var::new(0), Var::new(0));
    together((0..2).map(|own: usize| {
        let (wants, turn, inside) = (&wants, &turn, &inside);
        work(&format!("number-{own}"), move || {
            let other = 1 - own;
            wants[own].set(1);
            turn.set(other as i64);
            while wants[other].get() == 1 && turn.get() == other as i64 {
                std::hint::spin_loop();
            }
            assert_eq!(inside.add(1), 0, "both are inside");
            inside.add(-1);
            wants[own].set(0);
        })
    }));
}

/// Two locks in two orders, with a way back.
fn back_off() {
    let locks = [Mutex::new(0), Mutex::new(0)];
    together((0..2).map(|own: usize| {
        let locks = &locks;
        work(&format!("number-{own}"), move || {
            loop {
                let mut first = locks[own].lock().unwrap();
                if let Ok(mut second) = locks[1 - own].try_lock() {
                    *first += 1;
                    *second += 1;
                    return;
                }
                drop(first);
                std::hint::spin_loop();
            }
        })
    }));
    assert_eq!(*locks[0].lock().unwrap(), 2);
}

/// Nobody ever signals.
fn time_runs_out() {
    let (lock, signal) = (Mutex::new(false), Condvar::new());
    together([
        work("waiter", || {
            let guard = lock.lock().unwrap();
            let (guard, result) = signal.wait_timeout(guard, Duration::from_secs(3600)).unwrap();
            assert!(result.timed_out() && !*guard);
        }),
        work("sleeper", || std::thread::sleep(Duration::from_secs(60))),
    ]);
}

/// Nobody ever sends, or all too late.
fn nothing_comes() {
    let (sender, receiver) = mpsc::channel();
    together([
        work("sender", move || {
            std::thread::sleep(Duration::from_secs(10));
            let _ = sender.send(1);
        }),
        work("receiver", move || {
            let early = receiver.recv_timeout(Duration::from_secs(1));
            assert_eq!(early, Err(mpsc::RecvTimeoutError::Timeout));
            assert_eq!(receiver.recv(), Ok(1));
        }),
    ]);
}

fn parks(wait: fn()) {
    let ready = Var::new(0);
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            while ready.get() == 0 {
                wait();
            }
        });
        ready.set(1);
        waiter.thread().unpark();
    });
}

/// A writer that tells readers by a number whether they have read what belongs together.
fn sequence_lock() {
    let (sequence, halves) = (Var::new(0), [Var::new(0), Var::new(0)]);
    let read = || {
        loop {
            let before = sequence.get();
            let both = [halves[0].get(), halves[1].get()];
            if before % 2 == 0 && sequence.get() == before {
                assert_eq!(both[0], both[1]);
                return;
            }
            std::hint::spin_loop();
        }
    };
    together([
        work("writer", || {
            for value in 1..3 {
                sequence.add(1);
                halves[0].set(value);
                halves[1].set(value);
                sequence.add(1);
            }
        }),
        work("reader-1", read),
        work("reader-2", read),
    ]);
}

fn once_lock() {
    let (once, made) = (OnceLock::new(), Var::new(0));
    let get = || assert_eq!(*once.get_or_init(|| made.add(1) + 7), 7);
    together([work("one", get), work("two", get), work("three", get)]);
}

fn lazy_lock() {
    let made = Var::new(0);
    let lazy = LazyLock::new(|| made.add(1) + 7);
    let get = || assert_eq!(*lazy, 7);
    together([work("one", get), work("two", get)]);
}

fn channel() {
    let (sender, receiver) = mpsc::sync_channel(1);
    let send = |sender: mpsc::SyncSender<i64>, value: i64| {
        move || {
            for _ in 0..2 {
                sender.send(value).expect("somebody receives");
            }
        }
    };
    together([
        work("sender-1", send(sender.clone(), 1)),
        work("sender-2", send(sender, 2)),
        work("receiver", move || assert_eq!(receiver.iter().sum::<i64>(), 6)),
    ]);
}

fn barrier() {
    let (barrier, came) = (Barrier::new(3), Var::new(0));
    let meet = || {
        for round in 1..3 {
            came.add(1);
            barrier.wait();
            assert_eq!(came.get(), 3 * round);
            barrier.wait();
        }
    };
    together([work("one", meet), work("two", meet), work("three", meet)]);
}

fn readers() {
    let pair = RwLock::new((0, 0));
    let read = || {
        let pair = pair.read().unwrap();
        assert_eq!(pair.0, pair.1);
    };
    together([
        work("writer", || {
            let mut pair = pair.write().unwrap();
            pair.0 += 1;
            pair.1 += 1;
        }),
        work("reader-1", read),
        work("reader-2", read),
    ]);
}

fn account() {
    let balance = Mutex::new(10);
    together([
        work("deposit", || *balance.lock().unwrap() += 5),
        work("withdraw", || *balance.lock().unwrap() -= 8),
        work("withdraw-all", || {
            let mut balance = balance.lock().unwrap();
            *balance -= *balance;
        }),
    ]);
}

/// The last one takes the forks the other way round.
fn philosophers() {
    let forks: Vec<Mutex<usize>> = (0..5).map(Mutex::new).collect();
    together((0..5).map(|own: usize| {
        let (one, other) = (own, (own + 1) % 5);
        let (first, second) = (&forks[one.min(other)], &forks[one.max(other)]);
        work(&format!("philosopher-{own}"), move || {
            let mut first = first.lock().unwrap();
            *first += *second.lock().unwrap();
        })
    }));
}

/// A user says that it is there before it looks whether the driver is stopped.
fn driver() {
    let (pending, stopping, stopped) = (Var::new(1), Var::new(0), Var::new(0));
    let leave = || {
        if pending.add(-1) == 1 {
            stopped.set(1);
        }
    };
    together([
        work("stopper", || {
            stopping.set(1);
            leave();
        }),
        work("user", || {
            pending.add(1);
            if stopping.get() == 0 {
                assert_eq!(stopped.get(), 0, "the driver is stopped");
            }
            leave();
        }),
    ]);
}
