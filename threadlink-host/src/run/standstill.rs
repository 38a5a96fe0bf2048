//! The end of all movement: every thread that is left waits, some of them for condition variables, and nobody can
//! notify them.
//!
//! A thread waits, as far as the host can see, for a lock that somebody holds, for a thread that runs, or for a
//! condition variable without a time limit. One that does anything else counts as running, also if it is blocked where
//! the host does not see it (asleep, parked, in atomics of its own), and while one is, there is no verdict.
//!
//! # Why not at once
//! Between a notification and the waiter's next step nothing tells a waiter that is about to wake from one that sleeps.
//! So this is looked for from outside, every [`LOOK`], by the thread that waits for the end of the run and would
//! otherwise sleep. It is a verdict if all threads wait and none has made a step in [`LOOKS`] looks in a row: a thread
//! that was notified would have been given the processor in that time. Guests that wait for no condition variable
//! are never looked at.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use threadlink_abi::layout::lock as word;
use threadlink_trace::Mode;

use super::deadlock::{self, DeadlockReport, Hold, lock_word};
use super::threads::{Thread, Wait};
use super::{Run, RunError};
use crate::outcome::End;

/// How long a look is after the one before.
const LOOK: Duration = Duration::from_millis(200);
/// Looks that have to show the same.
const LOOKS: u32 = 6;
/// Threads that a report shows.
const SHOWN: usize = 64;

/// A thread that waits, as it was seen.
pub(super) struct Waiter {
    pub(super) thread: Arc<Thread>,
    pub(super) steps: u64,
    pub(super) waits: Wait,
}

/// Waits for the end of the run, or for the deadline, and looks meanwhile whether anything still moves.
pub(super) fn wait_for_end(run: &Run, deadline: Option<Instant>) -> Option<Result<End, RunError>> {
    let passed = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
    while !run.watched.load(Ordering::Acquire) {
        let reason = run.ending.wait_or_nudge(deadline);
        if reason.is_some() || passed() {
            return reason;
        }
    }
    let (mut last, mut same) = (Vec::new(), 0);
    loop {
        let next = Instant::now() + LOOK;
        let reason = run
            .ending
            .wait(Some(deadline.map_or(next, |deadline| deadline.min(next))));
        if reason.is_some() || passed() {
            return reason;
        }
        let waiters = everyone_waits(run).unwrap_or_default();
        let for_condvar = |waiter: &Waiter| matches!(waiter.waits, Wait::Condvar { .. });
        let steps = match waiters.iter().any(for_condvar) {
            true => waiters
                .iter()
                .map(|waiter| (waiter.thread.id, waiter.steps))
                .collect(),
            false => Vec::new(),
        };
        same = if steps.is_empty() || steps != last {
            0
        } else {
            same + 1
        };
        last = steps;
        if same == LOOKS {
            deadlock::end(run, report(run, &waiters));
        }
    }
}

/// All threads that have not ended, ascending by id, if each of them waits for what only another one can do.
pub(super) fn everyone_waits(run: &Run) -> Option<Vec<Waiter>> {
    let created = run.threads.counts().created;
    let mut waiters = Vec::new();
    for thread in run.threads.all() {
        if !thread.is_running() {
            continue;
        }
        let steps = thread.steps();
        let waits = thread.waits_for()?;
        waiters.push(Waiter { thread, steps, waits });
    }
    waiters.sort_by_key(|waiter| waiter.thread.id);
    let blocked = |waiter: &Waiter| match waiter.waits {
        Wait::Condvar { timed, .. } => !timed,
        Wait::Thread(id) => run.threads.get(id).is_some_and(|thread| thread.is_running()),
        Wait::Lock(lock, mode) => is_blocked(run, lock, mode, &waiters),
    };
    let stable = |waiter: &Waiter| {
        waiter.thread.steps() == waiter.steps && waiter.thread.waits_for() == Some(waiter.waits)
    };
    // Nobody steps after this, so nobody was started either: then there was one moment at which all of them waited.
    let all =
        waiters.iter().all(blocked) && waiters.iter().all(stable) && run.threads.counts().created == created;
    all.then_some(waiters)
}

/// Whether a lock cannot be had at the moment.
fn is_blocked(run: &Run, lock: u32, mode: Mode, waiters: &[Waiter]) -> bool {
    let Some(entry) = run.locks.entry(lock) else {
        return false;
    };
    let says = |offset| !run.has_holder_words() || lock_word(run, lock, offset).is_some_and(|word| word != 0);
    if entry.owner().is_some() {
        return says(word::HOLDER);
    }
    let writer = || {
        let wanted = Wait::Lock(lock, Mode::Exclusive);
        waiters.iter().any(|waiter| waiter.waits == wanted)
    };
    entry.readers() > 0 && says(word::READERS) && (mode == Mode::Exclusive || writer())
}

/// What each of the threads waits for, and what it holds that another one of them wants.
fn report(run: &Run, waiters: &[Waiter]) -> DeadlockReport {
    let mut holds: HashMap<u32, Hold> = HashMap::new();
    for waiter in waiters {
        let Wait::Lock(lock, _) = waiter.waits else {
            continue;
        };
        let Some(entry) = run.locks.entry(lock) else {
            continue;
        };
        if let Some(owner) = entry.owner() {
            let (site, mode) = (entry.site(), Mode::Exclusive);
            holds.entry(owner).or_insert(Hold { lock, site, mode });
            continue;
        }
        for reader in waiters {
            let reads = reader.thread.reads.lock();
            if let Some(read) = reads.iter().find(|read| read.lock == lock) {
                let (site, mode) = (read.site, Mode::Shared);
                holds.entry(reader.thread.id).or_insert(Hold { lock, site, mode });
            }
        }
    }
    let edges = waiters.iter().take(SHOWN).map(|waiter| {
        let hold = holds.get(&waiter.thread.id).copied();
        deadlock::edge(run, &waiter.thread, Some(waiter.waits), hold)
    });
    DeadlockReport {
        edges: edges.collect(),
        more: waiters.len().saturating_sub(SHOWN),
    }
}
