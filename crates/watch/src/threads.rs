//! Guest threads: their ids, what they wait for, how they ended, and who joins them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};

use parking_lot::{Condvar, Mutex};
use threadlink_trace::Mode;

use super::ending::Ending;
use super::reads::Reads;
use crate::guest::block::Block;

/// How often a joiner looks before it sleeps: a few microseconds, about what a short thread takes.
const SPINS: u32 = 2_000;
/// Finished threads that nobody joined which the table keeps; a guest that leaves more gets no new threads.
const MOST_UNJOINED: usize = 1 << 20;

/// Id of the main thread.
pub(crate) const MAIN: u32 = 0;

const RUNNING: u8 = 0;
const RETURNED: u8 = 1;
const DIED: u8 = 2;

/// What a thread is blocked on, as far as hooks and joins show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Wait {
    Lock(u32, Mode),
    Thread(u32),
    Condvar { condvar: u32, timed: bool },
}

/// One guest thread.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) id: u32,
    pub(crate) parent: Option<u32>,
    /// The pointer given to `thread_create`.
    pub(crate) start_routine: u32,
    /// Its control block, if the module has such.
    pub(crate) block: Option<Block>,
    pub(crate) name: Option<String>,
    state: AtomicU8,
    claimed: AtomicBool,
    /// Encoded [`Wait`], 0 for none.
    waiting: AtomicU64,
    waiting_site: AtomicU32,
    /// How often the condition variable that it waits for had been notified before, plus one; 0 if that is not known.
    notifications: AtomicU64,
    /// What it holds for reading. Changed only after a step, so that two equal step counts mean the same list.
    pub(crate) reads: Mutex<Reads>,
    /// Grows at every hook and join of this thread: two equal readings mean that it did nothing in between.
    steps: AtomicU64,
    /// Time of its last event.
    ended_at: AtomicU64,
    lock: Mutex<()>,
    finished: Condvar,
}

impl Thread {
    pub(crate) fn new(
        id: u32,
        parent: Option<u32>,
        start_routine: u32,
        block: Option<Block>,
        name: Option<String>,
    ) -> Self {
        Self {
            id,
            parent,
            start_routine,
            block,
            name,
            state: AtomicU8::new(RUNNING),
            claimed: AtomicBool::new(false),
            waiting: AtomicU64::new(0),
            waiting_site: AtomicU32::new(0),
            notifications: AtomicU64::new(0),
            reads: Mutex::default(),
            steps: AtomicU64::new(0),
            ended_at: AtomicU64::new(0),
            lock: Mutex::new(()),
            finished: Condvar::new(),
        }
    }

    /// Stands for a thread that returned and was joined, of which nothing but its id is left.
    pub(crate) fn long_gone(id: u32) -> Self {
        let thread = Self::new(id, None, 0, None, None);
        thread.state.store(RETURNED, Ordering::Release);
        thread
    }

    /// The thread as messages show it: `'name'`, or `#7`.
    pub(crate) fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("'{name}'"),
            None => format!("#{}", self.id),
        }
    }

    /// Remembers the first word of a condition variable at the beginning of a wait for it.
    pub(crate) fn saw_notifications(&self, word: Option<u32>) {
        let word = word.map_or(0, |word| u64::from(word) + 1);
        self.notifications.store(word, Ordering::Release);
    }

    /// What that word was.
    pub(crate) fn seen_notifications(&self) -> Option<u32> {
        u32::try_from(self.notifications.load(Ordering::Acquire).checked_sub(1)?).ok()
    }

    pub(crate) fn is_running(&self) -> bool {
        self.state.load(Ordering::Acquire) == RUNNING
    }

    pub(crate) fn has_died(&self) -> bool {
        self.state.load(Ordering::Acquire) == DIED
    }

    /// Records a step and that it does not wait (any more).
    pub(crate) fn step(&self) {
        // Only this thread writes these, so a load and a store make an increment.
        self.steps
            .store(self.steps.load(Ordering::Relaxed) + 1, Ordering::Release);
        self.waiting.store(0, Ordering::Release);
    }

    /// Records that it is about to wait. Sequentially consistent: of two threads that each say so and then look
    /// at the other, at least one sees the other's word.
    pub(crate) fn wait_for(&self, wait: Wait, site: u32) {
        self.steps
            .store(self.steps.load(Ordering::Relaxed) + 1, Ordering::Release);
        self.waiting_site.store(site, Ordering::Release);
        let word = match wait {
            Wait::Lock(lock, Mode::Exclusive) => 1 << 32 | u64::from(lock),
            Wait::Thread(thread) => 2 << 32 | u64::from(thread),
            Wait::Lock(lock, Mode::Shared) => 3 << 32 | u64::from(lock),
            Wait::Condvar { condvar, timed } => (4 + u64::from(timed)) << 32 | u64::from(condvar),
        };
        self.waiting.store(word, Ordering::SeqCst);
    }

    pub(crate) fn steps(&self) -> u64 {
        self.steps.load(Ordering::SeqCst)
    }

    pub(crate) fn waits_for(&self) -> Option<Wait> {
        let word = self.waiting.load(Ordering::SeqCst);
        // The low half is the operand; the cut is meant.
        #[expect(clippy::cast_possible_truncation)]
        let operand = word as u32;
        match word >> 32 {
            1 => Some(Wait::Lock(operand, Mode::Exclusive)),
            2 => Some(Wait::Thread(operand)),
            3 => Some(Wait::Lock(operand, Mode::Shared)),
            kind @ (4 | 5) => Some(Wait::Condvar {
                condvar: operand,
                timed: kind == 5,
            }),
            _ => None,
        }
    }

    pub(crate) fn waiting_site(&self) -> u32 {
        self.waiting_site.load(Ordering::Acquire)
    }

    pub(crate) fn ended_at(&self) -> u64 {
        self.ended_at.load(Ordering::Acquire)
    }

    /// Marks the end and wakes the joiner. Release: the joiner sees everything that the thread did.
    pub(crate) fn finish(&self, died: bool, time: u64) {
        self.step();
        self.ended_at.store(time, Ordering::Release);
        self.state
            .store(if died { DIED } else { RETURNED }, Ordering::SeqCst);
        self.wake_joiner();
    }

    /// Wakes the joiner to look again.
    pub(crate) fn wake_joiner(&self) {
        drop(self.lock.lock());
        self.finished.notify_all();
    }

    /// Blocks until the thread has ended; `false` if the run ended first.
    pub(crate) fn wait_until_finished(&self, ending: &Ending) -> bool {
        for _ in 0..SPINS {
            if !self.is_running() {
                return true;
            }
            std::hint::spin_loop();
        }
        let mut guard = self.lock.lock();
        while self.is_running() {
            if ending.is_over() {
                return false;
            }
            self.finished.wait(&mut guard);
        }
        true
    }

    /// Claims the one join that each thread allows.
    pub(crate) fn claim(&self) -> bool {
        !self.claimed.swap(true, Ordering::AcqRel)
    }
}

/// All threads of a run that somebody may still ask for.
#[derive(Default)]
pub(crate) struct ThreadTable {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    threads: HashMap<u32, Arc<Thread>>,
    next: u32,
    alive: usize,
    counts: Counts,
}

/// Counters over all threads of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) created: u64,
    pub(crate) peak: u64,
    pub(crate) died: u64,
}

/// Why no id was given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// As many threads are alive as are allowed.
    TooManyAlive,
    /// The guest never joins its threads, or has used up the ids.
    TooManyUnjoined,
}

impl ThreadTable {
    /// Gives out the next id and adds the thread that `make` makes of it.
    pub(crate) fn add(
        &self,
        most_alive: usize,
        make: impl FnOnce(u32) -> Thread,
    ) -> Result<Arc<Thread>, Refused> {
        let mut inner = self.inner.lock();
        if inner.alive >= most_alive {
            return Err(Refused::TooManyAlive);
        }
        if inner.threads.len() - inner.alive >= MOST_UNJOINED || inner.next == u32::MAX {
            return Err(Refused::TooManyUnjoined);
        }
        let id = inner.next;
        inner.next += 1;
        let thread = Arc::new(make(id));
        inner.threads.insert(id, thread.clone());
        inner.alive += 1;
        inner.counts.created += 1;
        inner.counts.peak = inner.counts.peak.max(inner.alive as u64);
        Ok(thread)
    }

    /// Takes back a thread that could not be started. Its id is not given out again.
    pub(crate) fn forget_unstarted(&self, id: u32) {
        let mut inner = self.inner.lock();
        if inner.threads.remove(&id).is_some() {
            inner.alive -= 1;
            inner.counts.created -= 1;
        }
    }

    pub(crate) fn get(&self, id: u32) -> Option<Arc<Thread>> {
        self.inner.lock().threads.get(&id).cloned()
    }

    /// Counts a thread out, before its joiner is woken.
    pub(crate) fn ended(&self, died: bool) {
        let mut inner = self.inner.lock();
        inner.alive -= 1;
        inner.counts.died += u64::from(died);
    }

    /// Drops a thread that was joined. One that died stays, because a lock may still name it as its owner, and so does
    /// one that still holds something for reading, because only its own list says so.
    pub(crate) fn joined(&self, thread: &Thread) {
        if !thread.has_died() && thread.reads.lock().is_empty() {
            self.inner.lock().threads.remove(&thread.id);
        }
    }

    /// Every thread in the table.
    pub(crate) fn all(&self) -> Vec<Arc<Thread>> {
        self.inner.lock().threads.values().cloned().collect()
    }

    /// Those that have not ended.
    pub(crate) fn running(&self) -> Vec<Arc<Thread>> {
        let inner = self.inner.lock();
        let threads = inner.threads.values();
        threads.filter(|thread| thread.is_running()).cloned().collect()
    }

    /// How many there are in the table.
    pub(crate) fn len(&self) -> usize {
        self.inner.lock().threads.len()
    }

    pub(crate) fn counts(&self) -> Counts {
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
        table.ended(false);
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
        table.ended(true);
        only.finish(true, 3);
        table.joined(&only);
        assert!(table.get(0).is_some_and(|thread| thread.has_died()));
    }

    #[test]
    fn waits_are_remembered_with_their_operand() {
        let thread = thread(4);
        let waits = [
            Wait::Lock(u32::MAX, Mode::Exclusive),
            Wait::Lock(u32::MAX, Mode::Shared),
            Wait::Thread(3),
            Wait::Condvar {
                condvar: u32::MAX,
                timed: false,
            },
            Wait::Condvar {
                condvar: 8,
                timed: true,
            },
        ];
        for wait in waits {
            thread.wait_for(wait, 8);
            assert_eq!(thread.waits_for(), Some(wait));
        }
        thread.step();
        assert_eq!(thread.waits_for(), None);
        assert_eq!(thread.steps(), 6);
    }
}
