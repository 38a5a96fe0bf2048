//! Who holds which lock, and since which event, as far as the events so far tell.

use std::collections::HashMap;

use super::violation::Problem;
use crate::event::Mode;

/// Every lock that was ever acquired.
#[derive(Default)]
pub(super) struct Locks {
    locks: HashMap<u32, Lock>,
}

#[derive(Default)]
struct Lock {
    owner: Option<Hold>,
    /// In the order of their first acquire; most locks have few at a time.
    readers: Vec<(Hold, u64)>,
}

/// A thread that holds a lock, since this event.
#[derive(Clone, Copy)]
struct Hold {
    thread: u32,
    since: u64,
}

impl Hold {
    fn owns(self) -> Problem {
        Problem::Held {
            holder: self.thread,
            since: self.since,
        }
    }

    fn reads(self) -> Problem {
        Problem::HeldForReading {
            holder: self.thread,
            since: self.since,
        }
    }
}

impl Locks {
    pub(super) fn len(&self) -> usize {
        self.locks.len()
    }

    /// How many locks are held.
    pub(super) fn held(&self) -> usize {
        let held = |lock: &&Lock| lock.owner.is_some() || !lock.readers.is_empty();
        self.locks.values().filter(held).count()
    }

    /// Whether the thread holds the lock for itself alone.
    pub(super) fn holds(&self, lock: u32, thread: u32) -> bool {
        let owner = self.locks.get(&lock).and_then(|lock| lock.owner);
        owner.is_some_and(|owner| owner.thread == thread)
    }

    /// Gives the lock to the thread, in event `since`, and returns who stood in its way. Those hold it no more, for
    /// an exclusive acquire; they may be wrong, or their release is not in the trace.
    pub(super) fn acquire(&mut self, lock: u32, thread: u32, mode: Mode, since: u64) -> Vec<Problem> {
        let lock = self.locks.entry(lock).or_default();
        let hold = Hold { thread, since };
        let mut before: Vec<Problem> = lock.owner.take().map(Hold::owns).into_iter().collect();
        match mode {
            Mode::Exclusive => {
                before.extend(lock.readers.drain(..).map(|(reader, _)| reader.reads()));
                lock.owner = Some(hold);
            }
            Mode::Shared => match lock
                .readers
                .iter_mut()
                .find(|(reader, _)| reader.thread == thread)
            {
                Some((_, count)) => *count += 1,
                None => lock.readers.push((hold, 1)),
            },
        }
        before
    }

    /// Takes the lock from the thread; what is wrong with that.
    pub(super) fn release(&mut self, lock: u32, thread: u32, mode: Mode) -> Option<Problem> {
        let lock = self.locks.entry(lock).or_default();
        match (mode, lock.owner) {
            (Mode::Exclusive, Some(owner)) => {
                lock.owner = None;
                (owner.thread != thread).then_some(Problem::NotOwner {
                    holder: owner.thread,
                    since: owner.since,
                })
            }
            (Mode::Exclusive, None) => {
                let reader = lock.readers.first().map(|(reader, _)| reader.reads());
                Some(reader.unwrap_or(Problem::NotHeld))
            }
            (Mode::Shared, owner) => {
                let place = lock
                    .readers
                    .iter()
                    .position(|(reader, _)| reader.thread == thread);
                let Some(place) = place else {
                    let others = if lock.readers.is_empty() {
                        Problem::NotHeld
                    } else {
                        Problem::NotReader
                    };
                    return Some(owner.map_or(others, Hold::owns));
                };
                lock.readers[place].1 -= 1;
                if lock.readers[place].1 == 0 {
                    lock.readers.remove(place);
                }
                None
            }
        }
    }
}
