//! The end of a run: the first cause wins, and everyone can ask whether there is one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use parking_lot::{Condvar, Mutex};
use threadlink_trace::DeadlockReport;
use threadlink_watch::{Thread, Verdict};

use super::config::RunError;
use crate::outcome::End;

/// What ended a run.
#[derive(Debug)]
pub(crate) enum Cause {
    /// The program itself, in one way or another.
    Program(End),
    /// A detector; its verdict, and what that means.
    Deadlock(Verdict, DeadlockReport),
    /// Its time limit; the threads that a message names, and what they were doing then.
    TimeLimit(Vec<(Arc<Thread>, String)>),
    /// Its limit for CPU time; the same.
    CpuLimit(Vec<(Arc<Thread>, String)>),
    /// Somebody outside; the same.
    Stopped(Vec<(Arc<Thread>, String)>),
    /// It could not go on from the start.
    Failed(RunError),
}

/// Where the cause is kept until the run's supervisor takes it.
#[derive(Default)]
pub(crate) struct Ending {
    over: AtomicBool,
    inner: Mutex<Inner>,
    told: Condvar,
}

#[derive(Default)]
struct Inner {
    cause: Option<Cause>,
    nudged: bool,
}

impl Ending {
    /// Ends the run for this cause; `false` if it has ended already.
    pub(super) fn end(&self, cause: Cause) -> bool {
        let mut inner = self.inner.lock();
        if self.over.load(Ordering::Relaxed) {
            return false;
        }
        self.over.store(true, Ordering::SeqCst);
        inner.cause = Some(cause);
        self.told.notify_all();
        true
    }

    /// Whether the run has ended. Checked by every host function, so that a program that is over does nothing
    /// visible any more.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Wakes the supervisor, to look at what has changed.
    pub(super) fn nudge(&self) {
        self.inner.lock().nudged = true;
        self.told.notify_all();
    }

    /// Blocks until the run has ended, somebody has nudged, or the deadline has passed; takes the cause.
    pub(super) fn wait(&self, deadline: Option<Instant>) -> Option<Cause> {
        let mut inner = self.inner.lock();
        loop {
            if inner.cause.is_some() || std::mem::take(&mut inner.nudged) {
                return inner.cause.take();
            }
            match deadline {
                None => self.told.wait(&mut inner),
                Some(at) => {
                    if self.told.wait_until(&mut inner, at).timed_out() {
                        return inner.cause.take();
                    }
                }
            }
        }
    }
}
