//! The clock of a run.

use std::time::Instant;

use threadlink_watch::Clock;

/// Counts from the beginning of the run.
#[derive(Debug)]
pub(crate) struct RunClock(Instant);

impl RunClock {
    /// A clock that starts now.
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for RunClock {
    fn now(&self) -> u64 {
        // 2^64 ns are five centuries.
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
