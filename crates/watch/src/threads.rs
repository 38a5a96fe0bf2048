//! All threads of a run: their ids, how many there are, and which of them somebody may still ask for.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::budget::{Budget, PLACE};
use crate::thread::Thread;

/// What a thread costs: its block on the heap and its place in the table. Those that nobody joins stay, so they come out
/// of the budget of the run; a guest that leaves too many gets no new ones.
const COST: usize = size_of::<Thread>() + 2 * size_of::<usize>() + PLACE;
/// Threads that ended last whose names are kept for messages that may still be about them. The dead keep theirs.
const NAMED: usize = 64;

/// Id of the main thread.
///
/// ```
/// assert_eq!(threadlink_watch::MAIN, 0);
/// ```
pub const MAIN: u32 = 0;

/// All threads of a run that somebody may still ask for.
///
/// ```
/// use threadlink_watch::{Thread, ThreadTable};
///
/// let table = ThreadTable::default();
/// let main = table.add(64, |id| Thread::new(id, None, 0, None, None))?;
/// assert_eq!((main.id, table.running().len()), (threadlink_watch::MAIN, 1));
/// # Ok::<(), threadlink_watch::Refused>(())
/// ```
#[derive(Debug, Default)]
pub struct ThreadTable {
    inner: Mutex<Inner>,
    budget: Arc<Budget>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Hashed fast: no guest chooses the ids.
    threads: FxHashMap<u32, Arc<Thread>>,
    next: u32,
    alive: usize,
    counts: Counts,
    /// Those with a name that returned last, oldest first.
    returned: VecDeque<Arc<Thread>>,
}

/// Counters over all threads of a run.
///
/// ```
/// let counts = threadlink_watch::ThreadTable::default().counts();
/// assert_eq!((counts.created, counts.peak, counts.died), (0, 0, 0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Threads that were given an id, the main thread included.
    pub created: u64,
    /// The most that were alive at once.
    pub peak: u64,
    /// Threads that died of a panic or a trap.
    pub died: u64,
}

/// Why no id was given.
///
/// ```
/// use threadlink_watch::{Refused, Thread, ThreadTable};
///
/// let made = ThreadTable::default().add(0, |id| Thread::new(id, None, 0, None, None));
/// assert_eq!(made.unwrap_err(), Refused::TooManyAlive);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// As many threads are alive as are allowed.
    TooManyAlive,
    /// The budget is used up, as by a guest that never joins its threads.
    NoRoom,
    /// All ids were given out.
    NoIds,
}

impl Inner {
    fn add(&mut self, mut thread: Thread, budget: &Arc<Budget>) -> Result<Arc<Thread>, Refused> {
        let cost = COST + thread.name_bytes();
        thread.pay(budget.charge(cost).ok_or(Refused::NoRoom)?);
        let thread = Arc::new(thread);
        self.threads.insert(thread.id, thread.clone());
        self.alive += 1;
        self.counts.created += 1;
        self.counts.peak = self.counts.peak.max(self.alive as u64);
        Ok(thread)
    }
}

impl ThreadTable {
    /// An empty table, whose threads are paid for from this budget.
    #[must_use]
    pub fn new(budget: Arc<Budget>) -> Self {
        Self {
            inner: Mutex::default(),
            budget,
        }
    }

    /// Gives out the next id and adds the thread that `make` makes of it.
    ///
    /// # Errors
    /// [`Refused`] says which limit is reached.
    pub fn add(&self, most_alive: usize, make: impl FnOnce(u32) -> Thread) -> Result<Arc<Thread>, Refused> {
        let mut inner = self.inner.lock();
        if inner.alive >= most_alive {
            return Err(Refused::TooManyAlive);
        }
        if inner.next == u32::MAX {
            return Err(Refused::NoIds);
        }
        let thread = make(inner.next);
        inner.next += 1;
        let added = inner.add(thread, &self.budget);
        if added.is_err() {
            inner.next -= 1;
        }
        added
    }

    /// Adds a thread to which somebody else has given its id, as no other.
    ///
    /// # Errors
    /// [`Refused::NoRoom`].
    pub fn adopt(&self, thread: Thread) -> Result<Arc<Thread>, Refused> {
        self.inner.lock().add(thread, &self.budget)
    }

    /// Takes back a thread that could not be started. Its id is not given out again.
    pub fn forget_unstarted(&self, id: u32) {
        let mut inner = self.inner.lock();
        if inner.threads.remove(&id).is_some() {
            inner.alive -= 1;
            inner.counts.created -= 1;
        }
    }

    /// The thread with this id, unless it was joined.
    #[must_use]
    pub fn get(&self, id: u32) -> Option<Arc<Thread>> {
        self.inner.lock().threads.get(&id).cloned()
    }

    /// Counts a thread out, before its joiner is woken. The name of one that returned goes some time after it.
    pub fn ended(&self, thread: &Arc<Thread>, died: bool) {
        let mut inner = self.inner.lock();
        inner.alive -= 1;
        inner.counts.died += u64::from(died);
        // What has no name has nothing to forget, and a list of those would make the thread that ended free another one's memory.
        if died || !thread.is_named() {
            return;
        }
        inner.returned.push_back(thread.clone());
        if inner.returned.len() > NAMED
            && let Some(oldest) = inner.returned.pop_front()
        {
            oldest.forget_name();
        }
    }

    /// Drops a thread that was joined. One that died stays, because a lock may still name it as its owner, and so does
    /// one that still holds something for reading, because only its own list says so.
    pub fn joined(&self, thread: &Thread) {
        if !thread.has_died() && thread.reads.lock().is_empty() {
            self.inner.lock().threads.remove(&thread.id);
        }
    }

    /// Every thread in the table.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Thread>> {
        self.inner.lock().threads.values().cloned().collect()
    }

    /// Those that have not ended.
    #[must_use]
    pub fn running(&self) -> Vec<Arc<Thread>> {
        let inner = self.inner.lock();
        let threads = inner.threads.values();
        threads.filter(|thread| thread.is_running()).cloned().collect()
    }

    /// How many there are in the table.
    pub(crate) fn len(&self) -> usize {
        self.inner.lock().threads.len()
    }

    /// The counters.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.inner.lock().counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thread(id: u32) -> Thread {
        Thread::new(id, None, 0, None, None)
    }

    #[test]
    fn ids_are_never_given_out_twice_and_the_limit_counts_the_living() {
        let table = ThreadTable::default();
        let first = table.add(2, thread).unwrap();
        let second = table.add(2, thread).unwrap();
        assert_eq!((first.id, second.id), (0, 1));
        assert_eq!(table.add(2, thread).unwrap_err(), Refused::TooManyAlive);
        table.ended(&second, false);
        second.finish(false, 9);
        table.joined(&second);
        assert!(table.get(1).is_none());
        assert_eq!(table.add(2, thread).unwrap().id, 2);
        assert_eq!(table.counts().peak, 2);
    }

    #[test]
    fn a_thread_is_claimed_once_and_the_dead_stay_known() {
        let table = ThreadTable::default();
        let only = table.add(1, thread).unwrap();
        assert!(only.claim());
        assert!(!only.claim());
        table.ended(&only, true);
        only.finish(true, 3);
        table.joined(&only);
        assert!(table.get(0).is_some_and(|thread| thread.has_died()));
    }

    #[test]
    fn a_thread_keeps_the_id_that_somebody_else_gave_it() {
        let table = ThreadTable::default();
        assert_eq!(table.adopt(thread(7)).map(|thread| thread.id), Ok(7));
        assert!(table.get(7).is_some() && table.get(0).is_none());
        assert_eq!(table.counts().created, 1);
    }

    #[test]
    fn what_is_left_unjoined_is_paid_for_and_given_back_by_joins() {
        let budget = Arc::new(Budget::new(10 * COST as u64));
        let table = ThreadTable::new(budget.clone());
        let mut made = Vec::new();
        let refused = loop {
            match table.add(1, thread) {
                Ok(thread) => made.push(thread),
                Err(refused) => break refused,
            }
            let last = &made[made.len() - 1];
            table.ended(last, false);
            last.finish(false, 0);
        };
        assert_eq!((refused, made.len()), (Refused::NoRoom, 10));
        for thread in &made {
            table.joined(thread);
        }
        made.clear();
        table.inner.lock().returned.clear();
        assert_eq!(budget.left(), 10 * COST as u64);
        assert_eq!(table.add(1, thread).map(|thread| thread.id), Ok(10));
    }

    #[test]
    fn names_go_some_time_after_their_threads_and_the_dead_keep_theirs() {
        let budget = Arc::new(Budget::default());
        let table = ThreadTable::new(budget.clone());
        let named = |id| Thread::new(id, None, 0, None, Some("n".repeat(100)));
        let ends = |died| {
            let thread = table.add(1, named).unwrap();
            table.ended(&thread, died);
            thread.finish(died, 0);
            thread
        };
        let (dead, first) = (ends(true), ends(false));
        let before = budget.left();
        assert!((0..NAMED).all(|_| ends(false).name().is_some()));
        assert!(dead.name().is_some() && first.name().is_none());
        assert_eq!(first.label(), "#1");
        let spent = before - budget.left();
        assert_eq!(spent, (NAMED * COST + (NAMED - 1) * 100) as u64);
    }
}
