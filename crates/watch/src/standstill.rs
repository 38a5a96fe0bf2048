//! The end of all movement: every thread that is left waits, some of them for condition variables, and nobody can
//! notify them.
//!
//! A thread waits, as far as the host can see, for a lock that somebody holds, for a thread that runs, or for a
//! condition variable without a time limit. One that does anything else counts as running, also if it is blocked where
//! the host does not see it (asleep, parked, in atomics of its own), and while one is, there is no verdict.
//!
//! # Why not at once
//! Between a notification and the waiter's next step no hook tells a waiter that is about to wake from one that sleeps.
//! So this is looked for from outside, every [`LOOK`], by the thread that waits for the end of the run and would
//! otherwise sleep. It is a verdict if all threads wait and none has made a step in [`LOOKS`] looks in a row, and if no
//! one has been notified: a condition variable of ours counts its notifications in its first word, which is compared
//! with what it was when the wait began. So the verdict does not depend on how fast a thread gets the processor.
//!
//! That word cannot tell who was woken: of two that wait, a notification of one leaves the other where it is. Then,
//! and in modules without such words, it takes [`PATIENT_LOOKS`]: for so long, a thread that was woken would have to get
//! no processor while all others sleep. Guests that wait for no condition variable are never looked at.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use threadlink_abi::layout::lock as word;
use threadlink_trace::{Deadlock, HeldLock, Mode};

use super::deadlock::{self, Suspicions, lock_word};
use super::names::edge;
use super::threads::{Thread, Wait};
use super::{Run, RunError};
use crate::outcome::End;

/// How long a look is after the one before.
const LOOK: Duration = Duration::from_millis(200);
/// Looks that have to show the same.
const LOOKS: u32 = 6;
/// Looks that have to show the same where it is not known that nobody was woken.
const PATIENT_LOOKS: u32 = 30;
/// Threads that a report shows.
const SHOWN: usize = 64;

/// A thread that waits, as it was seen.
pub(super) struct Waiter {
    pub(super) thread: Arc<Thread>,
    pub(super) steps: u64,
    pub(super) waits: Wait,
    /// Whether it may have been woken from its wait for a condition variable.
    notified: bool,
}

/// Waits for the end of the run, or for the deadline, and looks meanwhile whether anything still moves.
pub(super) fn wait_for_end(run: &Run, deadline: Option<Instant>) -> Option<Result<End, RunError>> {
    let passed = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
    let mut suspicions = Suspicions::new();
    let mut standstill = Standstill::default();
    loop {
        let watched = run.watched.load(Ordering::Acquire);
        let idle = !watched && suspicions.is_empty() && !run.look_due.load(Ordering::SeqCst);
        let reason = if idle {
            run.ending.wait_or_nudge(deadline)
        } else {
            let next = Instant::now() + LOOK;
            run.ending
                .wait(Some(deadline.map_or(next, |deadline| deadline.min(next))))
        };
        if reason.is_some() || passed() {
            return reason;
        }
        if idle {
            continue;
        }
        // Cleared first: whoever asks for a look after this gets another one.
        if run.look_due.swap(false, Ordering::SeqCst) || !suspicions.is_empty() {
            suspicions = deadlock::look(run, &suspicions);
        }
        if watched {
            standstill.look(run);
        }
    }
}

/// What the looks before have shown.
#[derive(Default)]
struct Standstill {
    /// All threads and how far they were; empty if there was movement.
    steps: Vec<(u32, u64)>,
    /// How many looks in a row have shown this, but for the first one.
    same: u32,
}

impl Standstill {
    /// Looks once, and ends the run if it has come to a standstill.
    fn look(&mut self, run: &Run) {
        let waiters = everyone_waits(run).unwrap_or_default();
        let for_condvar = |waiter: &Waiter| matches!(waiter.waits, Wait::Condvar { .. });
        let steps: Vec<_> = if waiters.iter().any(for_condvar) {
            let steps = waiters.iter();
            steps.map(|waiter| (waiter.thread.id, waiter.steps)).collect()
        } else {
            Vec::new()
        };
        self.same = if steps.is_empty() || steps != self.steps {
            0
        } else {
            self.same + 1
        };
        self.steps = steps;
        let sure = run.has_holder_words() && !waiters.iter().any(|waiter| waiter.notified);
        if self.same >= if sure { LOOKS } else { PATIENT_LOOKS } {
            let threads = waiters.iter().map(|waiter| waiter.thread.clone()).collect();
            deadlock::end(run, &record(run, &waiters), threads);
        }
    }
}

/// All threads that have not ended, ascending by id, if each of them waits for what only another one can do.
pub(super) fn everyone_waits(run: &Run) -> Option<Vec<Waiter>> {
    let created = run.threads.counts().created;
    let mut waiters = Vec::new();
    for thread in run.threads.running() {
        let steps = thread.steps();
        let waits = thread.waits_for()?;
        let notified = match waits {
            Wait::Condvar { condvar, .. } => was_notified(run, &thread, condvar),
            Wait::Lock(..) | Wait::Thread(_) => false,
        };
        waiters.push(Waiter {
            thread,
            steps,
            waits,
            notified,
        });
    }
    waiters.sort_by_key(|waiter| waiter.thread.id);
    let writers: HashSet<u32> = waiters
        .iter()
        .filter_map(|waiter| match waiter.waits {
            Wait::Lock(lock, Mode::Exclusive) => Some(lock),
            _ => None,
        })
        .collect();
    let blocked = |waiter: &Waiter| match waiter.waits {
        Wait::Condvar { timed, .. } => !timed,
        Wait::Thread(id) => run.threads.get(id).is_some_and(|thread| thread.is_running()),
        Wait::Lock(lock, mode) => is_blocked(run, lock, mode, &writers),
    };
    let stable = |waiter: &Waiter| {
        waiter.thread.steps() == waiter.steps && waiter.thread.waits_for() == Some(waiter.waits)
    };
    // Nobody steps after this, so nobody was started either: then there was one moment at which all of them waited.
    let all =
        waiters.iter().all(blocked) && waiters.iter().all(stable) && run.threads.counts().created == created;
    all.then_some(waiters)
}

/// Whether a condition variable was notified since this thread began to wait for it.
fn was_notified(run: &Run, thread: &Thread, condvar: u32) -> bool {
    run.has_holder_words() && run.memory.load(condvar) != thread.seen_notifications()
}

/// Whether a lock cannot be had at the moment; `writers` are the locks that somebody waits to write.
fn is_blocked(run: &Run, lock: u32, mode: Mode, writers: &HashSet<u32>) -> bool {
    let Some(entry) = run.locks.entry(lock) else {
        return false;
    };
    let says = |offset| !run.has_holder_words() || lock_word(run, lock, offset).is_some_and(|word| word != 0);
    if entry.owner().is_some() {
        return says(word::HOLDER);
    }
    entry.readers() > 0 && says(word::READERS) && (mode == Mode::Exclusive || writers.contains(&lock))
}

/// What each of the threads waits for, and what it holds that another one of them wants.
fn record(run: &Run, waiters: &[Waiter]) -> Deadlock {
    let mut holds: HashMap<u32, HeldLock> = HashMap::new();
    let wanted: BTreeSet<u32> = waiters
        .iter()
        .filter_map(|waiter| match waiter.waits {
            Wait::Lock(lock, _) => Some(lock),
            Wait::Condvar { .. } | Wait::Thread(_) => None,
        })
        .collect();
    for &lock in &wanted {
        let Some(entry) = run.locks.entry(lock) else {
            continue;
        };
        if let Some(owner) = entry.owner() {
            let held = HeldLock::new(lock, entry.site(), Mode::Exclusive);
            holds.entry(owner).or_insert(held);
        }
    }
    for waiter in waiters {
        let reads = waiter.thread.reads.lock();
        if let Some(read) = reads.iter().find(|read| wanted.contains(&read.lock)) {
            let held = HeldLock::new(read.lock, read.site, Mode::Shared);
            holds.entry(waiter.thread.id).or_insert(held);
        }
    }
    let edges = waiters.iter().take(SHOWN).map(|waiter| {
        let hold = holds.get(&waiter.thread.id).copied();
        edge(run, &waiter.thread, Some(waiter.waits), hold)
    });
    let more = waiters.len().saturating_sub(SHOWN);
    Deadlock::new(edges.collect()).and_more(more as u64)
}
