//! Queues that give an item twice, too early, or never.

use std::sync::{Condvar, Mutex};

use crate::parts::{Program, Var, panics, together, work};

pub(crate) const PROGRAMS: &[Program] = &[
    panics("circular_buffer", circular_buffer),
    panics("queue", queue),
    panics("bbuf", bounded_buffer),
    panics("wsq", || steal(Fault::LooksBefore)),
    panics("wsq_state", || steal(Fault::ReadsHeadFirst)),
    panics("wsq_interlocked", || steal(Fault::NoLock)),
    panics("ferret", pipeline),
];

/// The place is counted before it is filled.
fn circular_buffer() {
    let (slots, next) = ([const { Var::new(0) }; 3], Var::new(0));
    together([
        work("sender", || {
            for value in 1..=3 {
                let at = next.add(1);
                slots[at as usize].set(value);
            }
        }),
        work("receiver", || {
            for first in 0..3 {
                if next.get() > first {
                    assert_eq!(slots[first as usize].get(), first + 1, "nothing is there yet");
                }
            }
        }),
    ]);
}

/// Items have a lock, and their count is read and written.
fn queue() {
    let (items, count) = (Mutex::new(Vec::new()), Var::new(0));
    together([
        work("giver", || {
            for item in 0..2 {
                items.lock().unwrap().push(item);
                count.bump(1);
            }
        }),
        work("taker", || {
            for _ in 0..3 {
                if count.get() > 0 {
                    assert!(items.lock().unwrap().pop().is_some(), "the count is wrong");
                    count.bump(-1);
                }
            }
        }),
    ]);
}

/// Two that take wait with `if` where it has to be `while`.
fn bounded_buffer() {
    let (items, filled) = (Mutex::new(Vec::new()), Condvar::new());
    let take = || {
        let mut items = items.lock().unwrap();
        if items.is_empty() {
            items = filled.wait(items).unwrap();
        }
        assert!(items.pop().is_some(), "it was woken for nothing");
    };
    together([
        work("taker-1", take),
        work("taker-2", take),
        work("giver", || {
            for item in 0..2 {
                items.lock().unwrap().push(item);
                filled.notify_all();
            }
        }),
    ]);
}

/// What is wrong with a queue from which others steal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Nothing,
    /// A thief looks whether there is something before it says what it takes.
    LooksBefore,
    /// The owner reads where thieves are before it says what it takes.
    ReadsHeadFirst,
    /// A thief needs no lock, and the owner does not ask it for the last item.
    NoLock,
}

/// One thread puts in and takes out at one end, and others steal at the other.
struct Deque {
    fault: Fault,
    items: [Var; 4],
    head: Var,
    tail: Var,
    lock: Mutex<()>,
}

impl Deque {
    fn push(&self, item: i64) {
        let tail = self.tail.get();
        self.items[tail as usize].set(item);
        self.tail.set(tail + 1);
    }

    fn pop(&self) -> Option<i64> {
        let early = self.head.get();
        let tail = self.tail.get() - 1;
        self.tail.set(tail);
        let head = match self.fault {
            Fault::ReadsHeadFirst => early,
            _ => self.head.get(),
        };
        let item = || Some(self.items[tail as usize].get());
        if head <= tail {
            return item();
        }
        // A thief says what it takes before it looks, and may be about to give it back.
        let _lock = self.lock.lock().unwrap();
        if self.head.get() <= tail {
            return item();
        }
        self.tail.set(tail + 1);
        None
    }

    fn steal(&self) -> Option<i64> {
        if self.fault == Fault::NoLock {
            let head = self.head.get();
            let there = head < self.tail.get() && self.head.replace(head, head + 1);
            return there.then(|| self.items[head as usize].get());
        }
        let _lock = self.lock.lock().unwrap();
        let head = self.head.get();
        if self.fault == Fault::LooksBefore {
            let there = head < self.tail.get();
            self.head.set(head + i64::from(there));
            return there.then(|| self.items[head as usize].get());
        }
        self.head.set(head + 1);
        if head < self.tail.get() {
            return Some(self.items[head as usize].get());
        }
        self.head.set(head);
        None
    }
}

/// Three items, each of which somebody gets once.
pub(crate) fn steal(fault: Fault) {
    let deque = Deque {
        fault,
        items: Default::default(),
        head: Var::new(0),
        tail: Var::new(0),
        lock: Mutex::new(()),
    };
    let taken = [const { Var::new(0) }; 4];
    let take = |item: Option<i64>| {
        if let Some(item) = item {
            assert_eq!(taken[item as usize].add(1), 0, "item {item} is there twice");
        }
    };
    together([
        work("owner", || {
            deque.push(1);
            deque.push(2);
            take(deque.pop());
            deque.push(3);
            take(deque.pop());
            take(deque.pop());
        }),
        work("thief", || {
            take(deque.steal());
            take(deque.steal());
        }),
    ]);
}

/// The worker looks for an item, then whether there will be more; the last one may come in between.
fn pipeline() {
    let (items, loaded, handled) = (Mutex::new(Vec::new()), Var::new(0), Var::new(0));
    together([
        work("loader", || {
            for item in 0..2 {
                items.lock().unwrap().push(item);
            }
            loaded.set(1);
        }),
        work("worker", || {
            loop {
                let item = items.lock().unwrap().pop();
                match item {
                    Some(_) => drop(handled.add(1)),
                    None if loaded.get() == 1 => break,
                    None => std::thread::yield_now(),
                }
            }
        }),
    ]);
    assert_eq!(handled.get(), 2, "an item is left");
}
