//! Workers: operating-system threads that each own an instance and run one guest thread after the other.
//!
//! A worker is idle before the joiner of its last thread is woken, so a program that spawns and joins in turn
//! uses one worker however often it does so. For detached threads nobody waits, so a spawn that finds no idle
//! worker gives the busy ones a moment to come back, as long as recent threads were short ([`LONGEST_WAIT`]). A worker that
//! sleeps has to be woken, which takes longer than many a thread: so a spawn that finds none that is awake looks a little while
//! for one that comes back ([`LONGEST_LOOK`]), again as long as that has been worth it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};
use threadlink_watch::Thread;

use super::random::Source;
use crate::handles::Handles;
use crate::wait::eagerness::{self, Eagerness};
use crate::wait::key::{self, Key};
use crate::wait::{Outcome, Parker, WaitQueues, Who};

/// How long a spawn waits at most for a worker to come back, when threads have been ending recently. Each wait
/// in vain quarters it, so a program that starts many threads at once loses a dozen milliseconds, once.
const LONGEST_WAIT: Duration = Duration::from_millis(10);
/// How long a spawn looks at most for a worker that is awake.
const LONGEST_LOOK: Duration = Duration::from_micros(20);
/// How many of the last workers that became idle may be awake still: those before them have slept for long.
const RECENT: usize = 4;

/// The idle workers of a run, and how many are busy.
#[derive(Default)]
pub(crate) struct Pool {
    inner: Mutex<Inner>,
    changed: Condvar,
    /// How often a worker became idle.
    returned: AtomicU64,
    instances: AtomicU64,
    slots: AtomicU32,
    /// Threads of the operating system that have not yet taken what they need to run.
    coming_up: AtomicUsize,
    /// Of the workers' threads and the main thread's.
    pub(super) handles: Handles,
}

#[derive(Default)]
struct Inner {
    idle: Vec<Arc<Slot>>,
    busy: u64,
    closed: bool,
    patience: Duration,
    eagerness: Eagerness,
}

impl Inner {
    /// Where in `idle` the last one is that is awake.
    fn awake(&self) -> Option<usize> {
        let recent = self.idle.iter().enumerate().rev().take(RECENT);
        recent.filter(|(_, slot)| !slot.sleeps()).map(|(at, _)| at).next()
    }
}

/// Where a worker gets its next thread from.
pub(super) struct Slot {
    key: Key,
    state: AtomicU8,
    job: Mutex<Option<Job>>,
}

/// Nothing is there, and the worker is awake.
const EMPTY: u8 = 0;
/// Nothing is there, and the worker has begun to sleep, or is about to: it has to be woken.
const ASLEEP: u8 = 1;
/// A job is there.
const READY: u8 = 2;

/// What a worker is to do next.
pub(super) enum Job {
    Run {
        thread: Arc<Thread>,
        forked_at: u64,
        random: Source,
    },
    Leave,
}

impl Slot {
    /// Whether its worker has begun to sleep, as far as one can tell.
    fn sleeps(&self) -> bool {
        self.state.load(Ordering::Relaxed) == ASLEEP
    }

    /// Gives the worker something to do.
    pub(super) fn give(&self, job: Job, waits: &WaitQueues) {
        *self.job.lock() = Some(job);
        // One word for both: either this sees that the worker sleeps, or the worker sees that it need not.
        if self.state.swap(READY, Ordering::AcqRel) == ASLEEP {
            waits.notify(self.key, 1);
        }
    }

    /// The next thing to do, once it is given; `None` if the run is over first.
    pub(super) fn take(&self, waits: &WaitQueues, parker: &mut Parker) -> Option<Job> {
        let is_there = || self.state.load(Ordering::Acquire) == READY;
        let falls_asleep = || {
            let state = self
                .state
                .compare_exchange(EMPTY, ASLEEP, Ordering::AcqRel, Ordering::Acquire);
            state != Err(READY)
        };
        let mut outcome = waits.look_and_wait(self.key, Who::Other, parker, is_there, falls_asleep);
        // Only who gives a job notifies, so there is nothing to look for.
        while outcome == Outcome::Woken && !is_there() {
            outcome = waits.look_and_wait(self.key, Who::Other, parker, is_there, falls_asleep);
        }
        self.given()
    }

    /// What somebody is about to give who has already taken the worker for busy.
    pub(super) fn take_promised(&self) -> Job {
        loop {
            if let Some(job) = self.given() {
                return job;
            }
            std::thread::yield_now();
        }
    }

    fn given(&self) -> Option<Job> {
        let job = self.job.lock().take()?;
        self.state.store(EMPTY, Ordering::Relaxed);
        Some(job)
    }
}

impl Pool {
    pub(crate) fn instances(&self) -> u64 {
        self.instances.load(Ordering::Relaxed)
    }

    pub(super) fn count_instance(&self) {
        self.instances.fetch_add(1, Ordering::Relaxed);
    }

    /// How many threads are coming up: what they take is not taken yet.
    pub(super) fn coming_up(&self) -> usize {
        self.coming_up.load(Ordering::Acquire)
    }

    /// Counts a thread of the operating system that is about to be made.
    pub(super) fn comes_up(&self) {
        self.coming_up.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts it out: it has all that it needs, or will never be.
    pub(super) fn is_up(&self) {
        self.coming_up.fetch_sub(1, Ordering::Release);
    }

    /// Counts a worker that starts with a thread to run.
    pub(super) fn enter(&self) {
        self.inner.lock().busy += 1;
    }

    /// Counts a worker out for good.
    pub(super) fn leave(&self) {
        self.inner.lock().busy -= 1;
        self.changed.notify_all();
    }

    /// A slot for a new worker.
    pub(super) fn slot(&self) -> Arc<Slot> {
        Arc::new(Slot {
            key: key::job_of(self.slots.fetch_add(1, Ordering::Relaxed)),
            state: AtomicU8::new(EMPTY),
            job: Mutex::default(),
        })
    }

    /// An idle worker, counted as busy from here on.
    pub(super) fn take_idle(&self) -> Option<Arc<Slot>> {
        let mut inner = self.inner.lock();
        // The caller is one of the busy ones itself.
        let others = inner.busy > 1;
        if others && inner.awake().is_none() && inner.eagerness.looks() {
            let before = self.returned.load(Ordering::Relaxed);
            let came = MutexGuard::unlocked(&mut inner, || {
                eagerness::look(Instant::now() + LONGEST_LOOK, || {
                    self.returned.load(Ordering::Relaxed) != before
                })
            });
            if came {
                inner.eagerness.rewarded();
            } else {
                inner.eagerness.disappointed();
            }
        }
        if inner.idle.is_empty() && others && !inner.patience.is_zero() {
            let deadline = Instant::now() + inner.patience;
            while inner.idle.is_empty() {
                if self.changed.wait_until(&mut inner, deadline).timed_out() {
                    inner.patience /= 4;
                    break;
                }
            }
        }
        let slot = match inner.awake() {
            Some(at) => inner.idle.remove(at),
            None => inner.idle.pop()?,
        };
        inner.busy += 1;
        Some(slot)
    }

    /// Makes a worker idle; `false` if the run is over and it should leave.
    pub(super) fn give_back(&self, slot: &Arc<Slot>) -> bool {
        let mut inner = self.inner.lock();
        inner.patience = LONGEST_WAIT;
        if inner.closed {
            return false;
        }
        inner.busy -= 1;
        inner.idle.push(slot.clone());
        self.returned.fetch_add(1, Ordering::Relaxed);
        drop(inner);
        self.changed.notify_all();
        true
    }

    /// An idle worker leaves because the run is over; `false` if somebody has taken it for busy in this moment.
    pub(super) fn withdraw(&self, slot: &Arc<Slot>) -> bool {
        let mut inner = self.inner.lock();
        let at = inner.idle.iter().position(|idle| Arc::ptr_eq(idle, slot));
        at.map(|at| inner.idle.swap_remove(at)).is_some()
    }

    /// Counts a worker out for good that may be idle or busy.
    pub(super) fn withdraw_or_leave(&self, slot: &Arc<Slot>) {
        if !self.withdraw(slot) {
            self.leave();
        }
    }

    /// Sends the idle workers away, now and from now on.
    pub(super) fn dismiss_idle(&self, waits: &WaitQueues) {
        let mut inner = self.inner.lock();
        inner.closed = true;
        for slot in inner.idle.drain(..) {
            slot.give(Job::Leave, waits);
        }
    }

    pub(super) fn busy(&self) -> u64 {
        self.inner.lock().busy
    }

    /// Waits until no more than `most` workers are busy; `false` if that took longer than until `deadline`.
    pub(super) fn wait_until_busy(&self, most: u64, deadline: Instant) -> bool {
        let mut inner = self.inner.lock();
        while inner.busy > most {
            if self.changed.wait_until(&mut inner, deadline).timed_out() {
                return inner.busy <= most;
            }
        }
        true
    }
}
