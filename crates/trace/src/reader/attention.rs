//! For whoever waits while a long trace is read: [`Attention`] says how far the events have been read, and ends it early.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Events between two looks.
const STEP: u64 = 1 << 16;

/// How far the events of a [`Trace`](super::Trace) have been read, and where they end for those who still want to know something.
/// An analysis reads them several times.
///
/// ```
/// use threadlink_trace::{EventKind, Trace, TraceWriter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("run.trace");
/// let writer = TraceWriter::create(&path)?;
/// let main = writer.recorder(0);
/// for time in 0..200_000 {
///     main.record(time, EventKind::Fork { child: 1 });
/// }
/// writer.finish()?;
/// let trace = Trace::open(&path)?;
/// let attention = trace.attention();
/// let read = trace.events().inspect(|event| {
///     // Whoever waits has another thread for this.
///     if event.time == 100_000 {
///         attention.stop();
///     }
/// });
/// assert!(read.count() < 200_000);
/// // From here on every reading ends there.
/// assert_eq!(Some(trace.events().count() as u64), attention.stopped_at());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Attention(Arc<State>);

#[derive(Debug)]
struct State {
    readings: AtomicU64,
    done: AtomicU64,
    /// Of all readings, the most.
    most: AtomicU64,
    /// Events after which a reading ends.
    limit: AtomicU64,
}

impl Default for Attention {
    fn default() -> Self {
        Self(Arc::new(State {
            readings: AtomicU64::new(0),
            done: AtomicU64::new(0),
            most: AtomicU64::new(0),
            limit: AtomicU64::new(u64::MAX),
        }))
    }
}

impl Attention {
    /// Ends the reading that is under way where it is by now, about, and all later ones at the same event; but not before an
    /// eighth of what an earlier one had, as one that has just begun knows nothing yet.
    pub fn stop(&self) {
        let least = self.0.most.load(Relaxed) / 8 / STEP * STEP;
        let done = self.0.done.load(Relaxed).max(least);
        let _ = self.0.limit.compare_exchange(u64::MAX, done, Relaxed, Relaxed);
    }

    /// After how many events it was stopped, if it was.
    #[must_use]
    pub fn stopped_at(&self) -> Option<u64> {
        let limit = self.0.limit.load(Relaxed);
        (limit != u64::MAX).then_some(limit)
    }

    /// Which reading of the events is under way, from 1, and how many of them it has had, about. 0 before there is one.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        (self.0.readings.load(Relaxed), self.0.done.load(Relaxed))
    }

    pub(super) fn begins(&self) {
        self.0.readings.fetch_add(1, Relaxed);
        self.0.done.store(0, Relaxed);
    }

    /// Whether a reading ends here, after so many events. Looks only now and then.
    #[inline]
    pub(super) fn ends(&self, done: u64) -> bool {
        done.is_multiple_of(STEP) && self.look(done)
    }

    #[cold]
    fn look(&self, done: u64) -> bool {
        self.0.done.store(done, Relaxed);
        self.0.most.fetch_max(done, Relaxed);
        done >= self.0.limit.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_that_has_just_begun_goes_on_for_a_part_of_the_one_before() {
        let attention = Attention::default();
        attention.begins();
        assert!(!attention.ends(64 * STEP));
        attention.begins();
        assert_eq!(attention.progress(), (2, 0));
        attention.stop();
        assert_eq!(attention.stopped_at(), Some(8 * STEP));
        assert!(!attention.ends(7 * STEP) && !attention.ends(8 * STEP + 1) && attention.ends(8 * STEP));
        // What was said once stays.
        attention.stop();
        assert_eq!(attention.stopped_at(), Some(8 * STEP));
    }
}
