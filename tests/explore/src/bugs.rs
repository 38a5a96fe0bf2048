//! Programs with a bug.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use crate::lib::sync::{Condvar, Mutex, RwLock};
use crate::{Program, start};

pub(crate) const PROGRAMS: &[Program] = &[
    ("panic", "lost-update", lost_update),
    ("panic", "queue", queue),
    ("panic", "aba", aba),
    ("panic", "peterson", peterson),
    ("panic", "order", order),
    ("deadlock", "philosophers-3", || philosophers(3)),
    ("deadlock", "philosophers-4", || philosophers(4)),
    ("deadlock", "philosophers-5", || philosophers(5)),
    ("deadlock", "two-locks", two_locks),
    ("deadlock", "missed-signal", missed_signal),
    ("panic", "check-then-act", check_then_act),
    ("panic", "permits", permits),
];

/// Two threads load, add, and store.
fn lost_update() {
    let count = Arc::new(AtomicUsize::new(0));
    let threads = ["one", "two"].map(|name| {
        let count = count.clone();
        start(name, move || {
            let seen = count.load(SeqCst);
            count.store(seen + 1, SeqCst);
        })
    });
    for thread in threads {
        thread.join().expect("it ends");
    }
    assert_eq!(count.load(SeqCst), 2, "an update is lost");
}

/// Whoever waits for something in the queue looks once, and not again when it is woken.
fn queue() {
    let queue = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
    let takers = ["taker-1", "taker-2"].map(|name| {
        let queue = queue.clone();
        start(name, move || {
            let (items, filled) = &*queue;
            let mut items = items.lock().expect("nobody panics with it");
            if items.is_empty() {
                items = filled.wait(items).expect("nobody panics with it");
            }
            assert!(items.pop().is_some(), "the queue is empty");
        })
    });
    let giver = {
        let queue = queue.clone();
        start("giver", move || {
            for item in 0..2 {
                queue.0.lock().expect("nobody panics with it").push(item);
                queue.1.notify_all();
            }
        })
    };
    giver.join().expect("it ends");
    for taker in takers {
        taker.join().expect("it finds something");
    }
}

/// A stack of numbered nodes, whose head can be what it was though the stack is not.
struct Stack {
    head: AtomicUsize,
    next: [AtomicUsize; 4],
}

impl Stack {
    const END: usize = 9;

    fn pop(&self) -> Option<usize> {
        loop {
            let head = self.head.load(SeqCst);
            let next = self.next.get(head)?.load(SeqCst);
            if self.head.compare_exchange(head, next, SeqCst, SeqCst).is_ok() {
                return Some(head);
            }
        }
    }

    fn push(&self, node: usize) {
        loop {
            let head = self.head.load(SeqCst);
            self.next[node].store(head, SeqCst);
            if self.head.compare_exchange(head, node, SeqCst, SeqCst).is_ok() {
                return;
            }
        }
    }
}

fn aba() {
    let stack = Arc::new(Stack {
        head: AtomicUsize::new(0),
        next: [1, 2, 3, Stack::END].map(AtomicUsize::new),
    });
    let taker = {
        let stack = stack.clone();
        start("taker", move || stack.pop())
    };
    let swapper = {
        let stack = stack.clone();
        start("swapper", move || {
            let (first, second) = (stack.pop(), stack.pop());
            if let Some(first) = first {
                stack.push(first);
            }
            second
        })
    };
    let mut seen: Vec<usize> = [taker.join(), swapper.join()]
        .into_iter()
        .filter_map(|joined| joined.expect("it ends"))
        .collect();
    seen.extend(std::iter::from_fn(|| stack.pop()).take(9));
    seen.sort_unstable();
    assert_eq!(seen, [0, 1, 2, 3], "a node is lost or there twice");
}

/// Peterson's lock, in which a thread says that it wants to enter after it has given way to the other.
fn peterson() {
    #[derive(Default)]
    struct Lock {
        wants: [AtomicBool; 2],
        turn: AtomicUsize,
        inside: AtomicUsize,
    }
    let lock = Arc::new(Lock::default());
    let threads = [0, 1].map(|own: usize| {
        let lock = lock.clone();
        start(if own == 0 { "left" } else { "right" }, move || {
            let other = 1 - own;
            lock.turn.store(other, SeqCst);
            lock.wants[own].store(true, SeqCst);
            while lock.wants[other].load(SeqCst) && lock.turn.load(SeqCst) == other {
                std::hint::spin_loop();
            }
            assert_eq!(lock.inside.fetch_add(1, SeqCst), 0, "both are inside");
            lock.inside.fetch_sub(1, SeqCst);
            lock.wants[own].store(false, SeqCst);
        })
    });
    for thread in threads {
        thread.join().expect("it is alone inside");
    }
}

/// Fails if three threads come in the order that nobody would start them in, each with something to do before.
fn order() {
    let state = Arc::new(AtomicUsize::new(0));
    let threads = [2, 1, 0].map(|own: usize| {
        let state = state.clone();
        start(&format!("number-{own}"), move || {
            for _ in 0..3 {
                state.load(SeqCst);
            }
            let came = state.compare_exchange(own, own + 1, SeqCst, SeqCst);
            assert!(own < 2 || came.is_err(), "they came in this order");
        })
    });
    for thread in threads {
        thread.join().expect("they came in another order");
    }
}

fn philosophers(count: usize) {
    let forks: Arc<Vec<Mutex<usize>>> = Arc::new((0..count).map(|_| Mutex::new(0)).collect());
    let threads: Vec<_> = (0..count)
        .map(|own| {
            let forks = forks.clone();
            start(&format!("philosopher-{own}"), move || {
                let mut left = forks[own].lock().expect("nobody panics with it");
                let mut right = forks[(own + 1) % forks.len()]
                    .lock()
                    .expect("nobody panics with it");
                *left += 1;
                *right += 1;
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("it has eaten");
    }
}

fn two_locks() {
    let accounts = Arc::new((Mutex::new(10), Mutex::new(10)));
    let there = {
        let accounts = accounts.clone();
        start("there", move || {
            let mut from = accounts.0.lock().expect("nobody panics with it");
            *accounts.1.lock().expect("nobody panics with it") += 1;
            *from -= 1;
        })
    };
    let back = {
        let accounts = accounts.clone();
        start("back", move || {
            let mut from = accounts.1.lock().expect("nobody panics with it");
            *accounts.0.lock().expect("nobody panics with it") += 1;
            *from -= 1;
        })
    };
    there.join().expect("it ends");
    back.join().expect("it ends");
}

/// Whoever waits looks without the lock, and may look before the signal and wait after it.
fn missed_signal() {
    let state = Arc::new((AtomicBool::new(false), Mutex::new(()), Condvar::new()));
    let waiter = {
        let state = state.clone();
        start("waiter", move || {
            let (ready, lock, signal) = &*state;
            if !ready.load(SeqCst) {
                let guard = lock.lock().expect("nobody panics with it");
                drop(signal.wait(guard).expect("nobody panics with it"));
            }
        })
    };
    state.0.store(true, SeqCst);
    state.2.notify_one();
    waiter.join().expect("it ends");
}

/// What is looked up under one lock is added under another.
fn check_then_act() {
    let names = Arc::new(RwLock::new(Vec::new()));
    let threads = ["one", "two"].map(|name| {
        let names = names.clone();
        start(name, move || {
            let there = names.read().expect("nobody panics with it").contains(&"name");
            if !there {
                names.write().expect("nobody panics with it").push("name");
            }
        })
    });
    for thread in threads {
        thread.join().expect("it ends");
    }
    let names = names.read().expect("nobody panics with it");
    assert_eq!(names.len(), 1, "it was added twice");
}

/// Three threads take permits, of which there are two; each looks whether there is one, and then takes it.
fn permits() {
    let permits = Arc::new(AtomicUsize::new(2));
    let threads = ["one", "two", "three"].map(|name| {
        let permits = permits.clone();
        start(name, move || {
            if permits.load(SeqCst) > 0 {
                let before = permits.fetch_sub(1, SeqCst);
                assert_ne!(before, 0, "there was none");
            }
        })
    });
    for thread in threads {
        thread.join().expect("there was one");
    }
}
