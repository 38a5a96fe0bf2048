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
