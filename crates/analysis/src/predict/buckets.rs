//! Which locks each thread holds, and what it takes meanwhile: [`Buckets`]. What a thread does again and again (this lock while
//! it holds those) is one bucket, so what is remembered grows with what a program does, not with how often.

use threadlink_trace::{AcquireOp, Mode};

use super::sets::Sets;
use threadlink_trace::hash::{Map, Set};

/// Locks that a thread may hold at once; one that holds more ends the prediction there.
const MOST_HELD: usize = 1024;

/// A thread takes a lock while it holds others.
pub(super) struct Bucket {
    pub(super) thread: u32,
    pub(super) lock: u32,
    pub(super) mode: Mode,
    /// What it holds, by its number in the sets.
    pub(super) set: u32,
    /// Where it asked for the lock at the first time, and where it had taken each of those that it held.
    pub(super) site: u32,
    pub(super) held_sites: Box<[u32]>,
}

/// A lock that a thread holds.
#[derive(Clone, Copy)]
struct Held {
    lock: u32,
    mode: Mode,
    site: u32,
    /// The number of the set of this one and those below it, once it was asked for.
    set: Option<u32>,
}

/// What a thread holds.
#[derive(Default)]
struct Stack {
    held: Vec<Held>,
    /// The lock that it had alone and released last.
    released: Option<u32>,
}

/// Who has used a lock.
#[derive(Clone, Copy, Default)]
enum Users {
    #[default]
    None,
    One(u32),
    Many,
}

/// The buckets of a trace, as far as it has been read, and what each thread holds.
pub(super) struct Buckets {
    pub(super) sets: Sets,
    pub(super) all: Vec<Bucket>,
    numbers: Map<(u32, u32, Mode, u32), u32>,
    stacks: Map<u32, Stack>,
    users: Vec<Users>,
    /// Mutexes of condition variables.
    guards: Set<u32>,
    waited: Set<u32>,
    /// What was held alone, or had been last, by who notified a condition variable.
    notified: Map<u32, Set<u32>>,
    full: bool,
}

impl Buckets {
    pub(super) fn new() -> Self {
        Self {
            sets: Sets::new(),
            all: Vec::new(),
            numbers: Map::default(),
            stacks: Map::default(),
            users: Vec::new(),
            guards: Set::default(),
            waited: Set::default(),
            notified: Map::default(),
            full: false,
        }
    }

    /// Whether there was more than it remembers: then it has ended there.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// For another reading of the same trace: nobody holds anything.
    pub(super) fn restart(&mut self) {
        self.stacks.clear();
        self.full = false;
    }

    /// The thread has got the lock. The bucket that this is in, if it waited for the lock while it held others.
    pub(super) fn acquired(
        &mut self,
        thread: u32,
        lock: u32,
        mode: Mode,
        site: u32,
        op: AcquireOp,
    ) -> Option<u32> {
        if self.full {
            return None;
        }
        self.used(thread, lock);
        let stack = &mut self.stacks.entry(thread).or_default().held;
        if mode == Mode::Exclusive {
            // One that is held already cannot be had again: the release is not in the trace.
            stack.retain(|held| (held.lock, held.mode) != (lock, mode));
        }
        let waits =
            op == AcquireOp::Blocking && !stack.is_empty() && stack.iter().all(|held| held.lock != lock);
        let bucket = if waits {
            self.bucket(thread, lock, mode, site)
        } else {
            None
        };
        let stack = &mut self.stacks.entry(thread).or_default().held;
        self.full |= stack.len() >= MOST_HELD;
        stack.push(Held {
            lock,
            mode,
            site,
            set: None,
        });
        bucket.filter(|_| !self.full)
    }

    pub(super) fn released(&mut self, thread: u32, lock: u32, mode: Mode) {
        let Some(stack) = self.stacks.get_mut(&thread) else {
            return;
        };
        if mode == Mode::Exclusive {
            stack.released = Some(lock);
        }
        let held = &mut stack.held;
        let is_it = |held: &Held| (held.lock, held.mode) == (lock, mode);
        if let Some(at) = held.iter().rposition(is_it) {
            held.remove(at);
            for above in &mut held[at..] {
                above.set = None;
            }
        }
    }

    /// What the thread holds: locks, what for, and where it took them.
    pub(super) fn held_by(&self, thread: u32) -> impl Iterator<Item = (u32, Mode, u32)> {
        let held = self.stacks.get(&thread).map_or(&[][..], |stack| &stack.held);
        held.iter().map(|held| (held.lock, held.mode, held.site))
    }

    pub(super) fn ended(&mut self, thread: u32) {
        self.stacks.remove(&thread);
    }

    /// Somebody waits for a condition variable with this mutex.
    pub(super) fn waits(&mut self, condvar: u32, mutex: u32) {
        self.waited.insert(condvar);
        self.guards.insert(mutex);
    }

    /// The thread notifies a condition variable.
    pub(super) fn notifies(&mut self, thread: u32, condvar: u32) {
        let Some(stack) = self.stacks.get(&thread) else {
            return;
        };
        let innermost = stack.held.iter().rfind(|held| held.mode == Mode::Exclusive);
        if let Some(guard) = innermost.map(|held| held.lock).or(stack.released) {
            self.notified.entry(condvar).or_default().insert(guard);
        }
    }

    /// The mutexes of condition variables: those that somebody waited with, and of one that nobody waited for those that were
    /// held when it was notified, or released just before.
    pub(super) fn take_guards(&mut self) -> Set<u32> {
        let mut guards = std::mem::take(&mut self.guards);
        for (condvar, held) in std::mem::take(&mut self.notified) {
            if !self.waited.contains(&condvar) {
                guards.extend(held);
            }
        }
        guards
    }

    /// Whether more than one thread has used the lock.
    pub(super) fn is_shared(&self, lock: u32) -> bool {
        matches!(self.users.get(lock as usize), Some(Users::Many))
    }

    fn used(&mut self, thread: u32, lock: u32) {
        let at = lock as usize;
        if self.users.len() <= at {
            self.users.resize(at + 1, Users::None);
        }
        self.users[at] = match self.users[at] {
            Users::None => Users::One(thread),
            Users::One(other) if other == thread => Users::One(thread),
            _ => Users::Many,
        };
    }

    fn bucket(&mut self, thread: u32, lock: u32, mode: Mode, site: u32) -> Option<u32> {
        let stack = &mut self.stacks.get_mut(&thread)?.held;
        let known = stack.iter().rposition(|held| held.set.is_some());
        let from = known.map_or(0, |at| at + 1);
        let mut set = known.and_then(|at| stack[at].set).unwrap_or(Sets::EMPTY);
        for held in &mut stack[from..] {
            match self.sets.with(set, held.lock, held.mode) {
                Some(larger) => set = larger,
                None => {
                    self.full = true;
                    return None;
                }
            }
            held.set = Some(set);
        }
        let key = (thread, lock, mode, set);
        if let Some(&number) = self.numbers.get(&key) {
            return Some(number);
        }
        let locks = self.sets.get(set).iter();
        let site_of = |&(lock, _): &(u32, Mode)| {
            let first = stack.iter().find(|held| held.lock == lock);
            first.map_or(0, |held| held.site)
        };
        let held_sites = locks.map(site_of).collect();
        let number = u32::try_from(self.all.len()).ok()?;
        self.all.push(Bucket {
            thread,
            lock,
            mode,
            set,
            site,
            held_sites,
        });
        self.numbers.insert(key, number);
        Some(number)
    }
}
