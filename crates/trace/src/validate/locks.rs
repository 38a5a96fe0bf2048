//! Who holds which lock, and since which event, as far as the events so far tell.

use std::collections::BTreeMap;

use super::violation::Problem;
use crate::event::Mode;
use crate::hash::Map;

/// Every lock that was ever acquired, or stood at an address.
#[derive(Default)]
pub(super) struct Locks {
    all: Vec<Lock>,
    /// The place in `all` of the lock that each address means now.
    current: Map<u32, u32>,
    /// The places of those with an instance.
    instances: Map<Key, u32>,
}

/// A lock's address and instance.
type Key = (u32, u32);

#[derive(Default)]
struct Lock {
    /// It was acquired, or released.
    seen: bool,
    owner: Option<Hold>,
    /// Most locks never have any.
    readers: Option<Box<Readers>>,
}

/// The threads that read a lock. There may be any number of them, so none is looked for one by one.
#[derive(Default)]
struct Readers {
    /// Of each thread: since which event, and how often.
    counts: Map<u32, (u64, u64)>,
    /// In the order of their first acquire: that event, and the thread.
    order: BTreeMap<u64, u32>,
}

impl Readers {
    fn add(&mut self, hold: Hold) {
        let (since, count) = self.counts.entry(hold.thread).or_insert((hold.since, 0));
        *count += 1;
        self.order.insert(*since, hold.thread);
    }

    /// Ends one reading of the thread; whether there was one.
    fn remove(&mut self, thread: u32) -> bool {
        let Some((since, count)) = self.counts.get_mut(&thread) else {
            return false;
        };
        *count -= 1;
        if *count == 0 {
            self.order.remove(since);
            self.counts.remove(&thread);
        }
        true
    }

    fn holds(&self) -> impl Iterator<Item = Hold> {
        let order = self.order.iter();
        order.map(|(&since, &thread)| Hold { thread, since })
    }
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

/// The place of a new one.
fn add(all: &mut Vec<Lock>) -> u32 {
    all.push(Lock::default());
    // An event has two bytes at least, and a file with more than eight billion cannot be in memory.
    u32::try_from(all.len() - 1).expect("fewer than 2^32 locks")
}

impl Locks {
    pub(super) fn len(&self) -> usize {
        self.all.iter().filter(|lock| lock.seen).count()
    }

    /// How many locks are held.
    pub(super) fn held(&self) -> usize {
        let held = |lock: &&Lock| lock.owner.is_some() || lock.readers.is_some();
        self.all.iter().filter(held).count()
    }

    /// From here on the address means this instance. Whatever stood there before is held as it was.
    pub(super) fn begins(&mut self, lock: u32, instance: u32) {
        let all = &mut self.all;
        let place = self.instances.entry((lock, instance)).or_insert_with(|| add(all));
        self.current.insert(lock, *place);
    }

    /// The lock that the address means now.
    fn at(&mut self, lock: u32) -> &mut Lock {
        let all = &mut self.all;
        let place = *self.current.entry(lock).or_insert_with(|| add(all));
        let lock = &mut self.all[place as usize];
        lock.seen = true;
        lock
    }

    /// Whether the thread holds the lock for itself alone.
    pub(super) fn holds(&self, lock: u32, thread: u32) -> bool {
        let place = self.current.get(&lock);
        let owner = place.and_then(|&place| self.all[place as usize].owner);
        owner.is_some_and(|owner| owner.thread == thread)
    }

    /// Gives the lock to the thread, in event `since`, and returns who stood in its way. Those hold it no more, for
    /// an exclusive acquire; they may be wrong, or their release is not in the trace.
    pub(super) fn acquire(&mut self, lock: u32, thread: u32, mode: Mode, since: u64) -> Vec<Problem> {
        let lock = self.at(lock);
        let hold = Hold { thread, since };
        let mut before: Vec<Problem> = lock.owner.take().map(Hold::owns).into_iter().collect();
        match mode {
            Mode::Exclusive => {
                let readers = lock.readers.take();
                before.extend(
                    readers
                        .iter()
                        .flat_map(|readers| readers.holds())
                        .map(Hold::reads),
                );
                lock.owner = Some(hold);
            }
            Mode::Shared => lock.readers.get_or_insert_default().add(hold),
        }
        before
    }

    /// Takes the lock from the thread; what is wrong with that.
    pub(super) fn release(&mut self, lock: u32, thread: u32, mode: Mode) -> Option<Problem> {
        let lock = self.at(lock);
        match (mode, lock.owner) {
            (Mode::Exclusive, Some(owner)) => {
                lock.owner = None;
                (owner.thread != thread).then_some(Problem::NotOwner {
                    holder: owner.thread,
                    since: owner.since,
                })
            }
            (Mode::Exclusive, None) => {
                let first = lock.readers.iter().find_map(|readers| readers.holds().next());
                Some(first.map_or(Problem::NotHeld, Hold::reads))
            }
            (Mode::Shared, owner) => {
                let Some(readers) = &mut lock.readers else {
                    return Some(owner.map_or(Problem::NotHeld, Hold::owns));
                };
                if !readers.remove(thread) {
                    return Some(owner.map_or(Problem::NotReader, Hold::owns));
                }
                lock.readers.take_if(|readers| readers.order.is_empty());
                None
            }
        }
    }
}
