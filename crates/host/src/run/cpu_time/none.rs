//! Where no clock of another thread is known, CPU time is not counted, and a limit for it is refused.

use std::time::Duration;

/// There is none.
pub(super) struct ThreadClock;

impl ThreadClock {
    /// `None`: there is none.
    pub(super) fn of_this_thread() -> Option<Self> {
        None
    }

    /// `None`: nothing is counted.
    pub(super) fn now(&self) -> Option<Duration> {
        None
    }
}
