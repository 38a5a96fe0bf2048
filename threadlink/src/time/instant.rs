//! [`Instant`]: std's, over the host's monotonic clock.

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::Duration;

use super::moment::Moment;
use crate::backend;

/// A point of the host's monotonic clock: later ones are never less.
///
/// As in std, it says nothing about the time of the day, and only differences of two mean anything. The clock goes
/// on while a thread sleeps.
///
/// ```
/// use threadlink::time::{Duration, Instant};
///
/// let start = Instant::now();
/// assert!(start + Duration::from_secs(1) > start);
/// assert!(Instant::now() >= start);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Moment);

impl Instant {
    /// Now.
    ///
    /// ```
    /// use threadlink::time::Instant;
    ///
    /// assert!(Instant::now() <= Instant::now());
    /// ```
    #[must_use]
    pub fn now() -> Self {
        Self(Moment::from_nanos(backend::monotonic_nanos().into()))
    }

    /// How much later this is than `earlier`; zero if it is not.
    ///
    /// ```
    /// use threadlink::time::{Duration, Instant};
    ///
    /// let now = Instant::now();
    /// let later = now + Duration::from_secs(1);
    /// assert_eq!(later.duration_since(now), Duration::from_secs(1));
    /// assert_eq!(now.duration_since(later), Duration::ZERO);
    /// ```
    #[must_use]
    pub fn duration_since(&self, earlier: Self) -> Duration {
        self.checked_duration_since(earlier).unwrap_or_default()
    }

    /// How much later this is than `earlier`; `None` if it is not.
    ///
    /// ```
    /// use threadlink::time::{Duration, Instant};
    ///
    /// let now = Instant::now();
    /// let later = now + Duration::from_secs(1);
    /// assert_eq!(now.checked_duration_since(later), None);
    /// ```
    #[must_use]
    pub fn checked_duration_since(&self, earlier: Self) -> Option<Duration> {
        self.0.since(earlier.0).ok()
    }

    /// How much later this is than `earlier`; zero if it is not.
    ///
    /// ```
    /// use threadlink::time::{Duration, Instant};
    ///
    /// let now = Instant::now();
    /// let later = now + Duration::from_secs(1);
    /// assert_eq!(now.saturating_duration_since(later), Duration::ZERO);
    /// ```
    #[must_use]
    pub fn saturating_duration_since(&self, earlier: Self) -> Duration {
        self.duration_since(earlier)
    }

    /// How long ago this was; zero if it has not been yet.
    ///
    /// ```
    /// use threadlink::time::{Duration, Instant};
    ///
    /// let now = Instant::now();
    /// let later = now + Duration::from_secs(1);
    /// assert_eq!(later.max(now + Duration::from_secs(3600)).elapsed(), Duration::ZERO);
    /// ```
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Self::now() - *self
    }

    /// The instant that is so much later, if there is one.
    ///
    /// ```
    /// use threadlink::time::{Duration, Instant};
    ///
    /// let now = Instant::now();
    /// let later = now + Duration::from_secs(1);
    /// assert_eq!(now.checked_add(Duration::from_secs(1)), Some(later));
    /// assert_eq!(now.checked_add(Duration::MAX), None);
    /// ```
    pub fn checked_add(&self, duration: Duration) -> Option<Self> {
        self.0.checked_add(duration).map(Self)
    }

    /// The instant that is so much earlier, if there is one.
    ///
    /// ```
    /// use threadlink::time::{Duration, Instant};
    ///
    /// let now = Instant::now();
    /// let later = now + Duration::from_secs(1);
    /// assert_eq!(later.checked_sub(Duration::from_secs(1)), Some(now));
    /// ```
    pub fn checked_sub(&self, duration: Duration) -> Option<Self> {
        self.0.checked_sub(duration).map(Self)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// # Panics
    /// If there is no such instant; [`checked_add`](Instant::checked_add) says so.
    #[track_caller]
    fn add(self, duration: Duration) -> Self {
        self.checked_add(duration)
            .expect("overflow when adding duration to instant")
    }
}

impl AddAssign<Duration> for Instant {
    #[track_caller]
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    /// # Panics
    /// If there is no such instant; [`checked_sub`](Instant::checked_sub) says so.
    #[track_caller]
    fn sub(self, duration: Duration) -> Self {
        self.checked_sub(duration)
            .expect("overflow when subtracting duration from instant")
    }
}

impl SubAssign<Duration> for Instant {
    #[track_caller]
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl Sub for Instant {
    type Output = Duration;

    /// As [`duration_since`](Instant::duration_since): zero if `earlier` is later.
    fn sub(self, earlier: Self) -> Duration {
        self.duration_since(earlier)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, nanos) = self.0.parts();
        f.debug_struct("Instant")
            .field("tv_sec", &secs)
            .field("tv_nsec", &nanos)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_clock_goes_forward() {
        let start = Instant::now();
        let mut now = Instant::now();
        while now == start {
            now = Instant::now();
        }
        assert!(now > start);
        assert!(start.elapsed() >= now - start);
    }

    #[test]
    fn differences_saturate_and_can_be_checked() {
        let now = Instant::now();
        let (before, after) = (now - SECOND, now + SECOND);
        assert_eq!(after.duration_since(before), 2 * SECOND);
        assert_eq!(after.saturating_duration_since(now), SECOND);
        assert_eq!(before.duration_since(now), Duration::ZERO);
        assert_eq!(before - now, Duration::ZERO);
        assert_eq!(before.saturating_duration_since(now), Duration::ZERO);
        assert_eq!(before.checked_duration_since(now), None);
        assert_eq!(now.checked_duration_since(now), Some(Duration::ZERO));
        assert_eq!(after.checked_duration_since(now), Some(SECOND));
        assert_eq!((now + SECOND).elapsed(), Duration::ZERO);
    }

    #[test]
    fn sums_go_there_and_back_and_end_somewhere() {
        let now = Instant::now();
        let mut at = now;
        at += Duration::from_nanos(1);
        assert_eq!(at - now, Duration::from_nanos(1));
        at -= Duration::from_nanos(1);
        assert_eq!(at, now);
        let far = Duration::from_secs(u64::MAX);
        assert_eq!(now.checked_add(far), None);
        assert_eq!(
            now.checked_sub(far).and_then(|at| at.checked_add(far)),
            None,
            "as far back as 2^63 seconds, not further"
        );
    }

    #[test]
    fn the_panics_say_what_stds_say() {
        fn message<T>(op: impl FnOnce() -> T + std::panic::UnwindSafe) -> String {
            let Err(payload) = std::panic::catch_unwind(op) else {
                panic!("no overflow");
            };
            payload.downcast_ref::<&str>().map_or_else(
                || payload.downcast_ref::<String>().cloned().expect("a message"),
                ToString::to_string,
            )
        }
        let (ours, stds) = (Instant::now(), std::time::Instant::now());
        assert_eq!(
            message(move || ours + Duration::MAX),
            message(move || stds + Duration::MAX)
        );
        assert_eq!(
            message(move || ours - Duration::MAX),
            message(move || stds - Duration::MAX)
        );
    }

    #[test]
    fn debug_shows_seconds_and_nanoseconds() {
        let at = Instant(Moment::from_nanos(5_000_000_007));
        assert_eq!(format!("{at:?}"), "Instant { tv_sec: 5, tv_nsec: 7 }");
    }
}
