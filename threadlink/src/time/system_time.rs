//! [`SystemTime`]: std's, over the host's clock of the day.

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::{Duration, SystemTimeError};

use super::moment::Moment;
use crate::backend;

/// A point of the host's clock of the day.
///
/// As in std, that clock can be set, so a later reading can be less than an earlier one.
///
/// ```
/// use threadlink::time::SystemTime;
///
/// let age = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
/// assert!(age.as_secs() > 1_000_000_000);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemTime(Moment);

/// 1970-01-01 00:00 UTC.
///
/// ```
/// assert!(threadlink::time::SystemTime::now() > threadlink::time::UNIX_EPOCH);
/// ```
pub const UNIX_EPOCH: SystemTime = SystemTime(Moment::ZERO);

impl SystemTime {
    /// 1970-01-01 00:00 UTC.
    pub const UNIX_EPOCH: Self = UNIX_EPOCH;

    /// Now, as far as the host knows.
    ///
    /// ```
    /// use threadlink::time::{SystemTime, UNIX_EPOCH};
    ///
    /// assert!(SystemTime::now() > UNIX_EPOCH);
    /// ```
    #[must_use]
    pub fn now() -> Self {
        Self(Moment::from_nanos(backend::realtime_nanos().into()))
    }

    /// How much later this is than `earlier`.
    ///
    /// # Errors
    /// If it is not; the error says how much earlier it is.
    ///
    /// ```
    /// use threadlink::time::{Duration, UNIX_EPOCH};
    ///
    /// let later = UNIX_EPOCH + Duration::from_secs(1);
    /// assert_eq!(later.duration_since(UNIX_EPOCH).unwrap(), Duration::from_secs(1));
    /// assert_eq!(UNIX_EPOCH.duration_since(later).unwrap_err().duration(), Duration::from_secs(1));
    /// ```
    pub fn duration_since(&self, earlier: Self) -> Result<Duration, SystemTimeError> {
        self.0.since(earlier.0).map_err(error)
    }

    /// How long ago this was.
    ///
    /// # Errors
    /// If it has not been yet, or the clock was set back since; the error says how far ahead it is.
    ///
    /// ```
    /// assert!(threadlink::time::UNIX_EPOCH.elapsed().unwrap().as_secs() > 1_000_000_000);
    /// ```
    pub fn elapsed(&self) -> Result<Duration, SystemTimeError> {
        Self::now().duration_since(*self)
    }

    /// The time that is so much later, if there is one.
    ///
    /// ```
    /// use threadlink::time::{Duration, UNIX_EPOCH};
    ///
    /// let later = UNIX_EPOCH + Duration::from_secs(1);
    /// assert_eq!(UNIX_EPOCH.checked_add(Duration::from_secs(1)), Some(later));
    /// ```
    pub fn checked_add(&self, duration: Duration) -> Option<Self> {
        self.0.checked_add(duration).map(Self)
    }

    /// The time that is so much earlier, if there is one.
    ///
    /// ```
    /// use threadlink::time::{Duration, UNIX_EPOCH};
    ///
    /// let later = UNIX_EPOCH + Duration::from_secs(1);
    /// assert_eq!(later.checked_sub(Duration::from_secs(1)), Some(UNIX_EPOCH));
    /// ```
    pub fn checked_sub(&self, duration: Duration) -> Option<Self> {
        self.0.checked_sub(duration).map(Self)
    }
}

/// std's error for a time that is earlier by `by`. std makes it of two times of its own only.
fn error(by: Duration) -> SystemTimeError {
    let zero = std::time::UNIX_EPOCH;
    // On wasm std's times reach from zero to `Duration::MAX`, elsewhere at least half of that in both directions.
    let (early, late) = match zero.checked_add(by) {
        Some(late) => (zero, late),
        None => (zero - (by - by / 2), zero + by / 2),
    };
    early
        .duration_since(late)
        .expect_err("a time that is later by more than nothing")
}

impl Add<Duration> for SystemTime {
    type Output = Self;

    /// # Panics
    /// If there is no such time; [`checked_add`](SystemTime::checked_add) says so.
    #[track_caller]
    fn add(self, duration: Duration) -> Self {
        // The wording is std's.
        self.checked_add(duration)
            .expect("overflow when adding duration to instant")
    }
}

impl AddAssign<Duration> for SystemTime {
    #[track_caller]
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for SystemTime {
    type Output = Self;

    /// # Panics
    /// If there is no such time; [`checked_sub`](SystemTime::checked_sub) says so.
    #[track_caller]
    fn sub(self, duration: Duration) -> Self {
        self.checked_sub(duration)
            .expect("overflow when subtracting duration from instant")
    }
}

impl SubAssign<Duration> for SystemTime {
    #[track_caller]
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl fmt::Debug for SystemTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, nanos) = self.0.parts();
        f.debug_struct("SystemTime")
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
    fn now_is_what_std_says() {
        let before = std::time::SystemTime::now();
        let ours = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let after = std::time::SystemTime::now();
        let [before, after] = [before, after].map(|at| at.duration_since(std::time::UNIX_EPOCH).unwrap());
        // Both readings bracket ours, unless the clock was set meanwhile.
        assert!(before > after || (before..=after).contains(&ours));
    }

    #[test]
    fn the_error_is_stds_and_says_by_how_much() {
        let later = UNIX_EPOCH + SECOND;
        let error = UNIX_EPOCH.duration_since(later).unwrap_err();
        assert_eq!(error.duration(), SECOND);
        assert_eq!(error.to_string(), "second time provided was later than self");
        assert_eq!(later.duration_since(UNIX_EPOCH).unwrap(), SECOND);
        let first = UNIX_EPOCH - Duration::from_secs(1 << 63);
        let last = first + Duration::MAX;
        assert_eq!(last.duration_since(first).unwrap(), Duration::MAX);
        assert_eq!(first.duration_since(last).unwrap_err().duration(), Duration::MAX);
        assert!(UNIX_EPOCH.elapsed().is_ok());
        assert!(last.elapsed().is_err());
    }

    #[test]
    fn sums_go_there_and_back_and_end_somewhere() {
        let mut at = UNIX_EPOCH - SECOND;
        assert!(at < SystemTime::UNIX_EPOCH);
        at += SECOND / 2;
        at += SECOND / 2;
        assert_eq!(at, UNIX_EPOCH);
        at -= Duration::from_nanos(1);
        assert_eq!(at + Duration::from_nanos(1), UNIX_EPOCH);
        assert_eq!(UNIX_EPOCH.checked_add(Duration::MAX), None);
        assert_eq!(UNIX_EPOCH.checked_sub(Duration::MAX), None);
    }

    #[test]
    #[should_panic(expected = "overflow when adding duration to instant")]
    fn a_sum_beyond_the_end_panics() {
        let _ = UNIX_EPOCH + Duration::MAX;
    }

    #[test]
    #[should_panic(expected = "overflow when subtracting duration from instant")]
    fn a_difference_beyond_the_beginning_panics() {
        let _ = UNIX_EPOCH - Duration::MAX;
    }

    #[test]
    fn debug_is_that_of_std_on_unix() {
        let (ours, stds) = (UNIX_EPOCH - SECOND / 4, std::time::UNIX_EPOCH - SECOND / 4);
        #[cfg(unix)]
        assert_eq!(format!("{ours:?}"), format!("{stds:?}"));
        assert_eq!(ours < UNIX_EPOCH, stds < std::time::UNIX_EPOCH);
    }
}
