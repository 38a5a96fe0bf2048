//! The end of a run: the first reason wins, everyone who waits is told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

use super::RunError;
use crate::outcome::End;

/// Where the reason for the end is kept until `run` takes it.
#[derive(Default)]
pub(crate) struct Ending {
    over: AtomicBool,
    reason: Mutex<Option<Result<End, RunError>>>,
    nudged: Mutex<bool>,
    told: Condvar,
}

impl Ending {
    /// Ends the run for this reason; `false` if it has ended already.
    pub(super) fn end(&self, reason: Result<End, RunError>) -> bool {
        let mut slot = self.reason.lock();
        if self.over.load(Ordering::Relaxed) {
            return false;
        }
        self.over.store(true, Ordering::SeqCst);
        *slot = Some(reason);
        self.told.notify_all();
        true
    }

    /// Whether the run has ended. Checked by every host function, so that a program that is over does nothing
    /// visible any more.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Wakes whoever is in [`wait_or_nudge`](Self::wait_or_nudge), to look what has changed.
    pub(super) fn nudge(&self) {
        *self.nudged.lock() = true;
        // The lock that waiters sleep with: a waiter has either seen the flag or is asleep by now.
        drop(self.reason.lock());
        self.told.notify_all();
    }

    /// Like [`wait`](Self::wait), and ends after a nudge as well.
    pub(super) fn wait_or_nudge(&self, deadline: Option<Instant>) -> Option<Result<End, RunError>> {
        let mut slot = self.reason.lock();
        loop {
            if slot.is_some() || std::mem::take(&mut *self.nudged.lock()) {
                return slot.take();
            }
            match deadline {
                None => self.told.wait(&mut slot),
                Some(at) => {
                    if self.told.wait_until(&mut slot, at).timed_out() {
                        return slot.take();
                    }
                }
            }
        }
    }

    /// Blocks until the run has ended or the deadline has passed, and takes the reason.
    pub(super) fn wait(&self, deadline: Option<Instant>) -> Option<Result<End, RunError>> {
        let mut slot = self.reason.lock();
        loop {
            if let Some(reason) = slot.take() {
                return Some(reason);
            }
            match deadline {
                None => self.told.wait(&mut slot),
                Some(at) => {
                    if self.told.wait_until(&mut slot, at).timed_out() {
                        return slot.take();
                    }
                }
            }
        }
    }
}
