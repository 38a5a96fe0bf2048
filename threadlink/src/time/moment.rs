//! [`Moment`]: a point of some clock's time, and the arithmetic that all clocks share.

use std::time::Duration;

const NANOS_PER_SEC: u32 = 1_000_000_000;

/// A time before or after a clock's zero, to the nanosecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Moment {
    // In this order, so that the derived order is that of time.
    secs: i64,
    // Always less than a second, and counted forward, also before zero.
    nanos: u32,
}

impl Moment {
    /// The clock's zero.
    pub(super) const ZERO: Self = Self { secs: 0, nanos: 0 };

    /// So many nanoseconds after zero, or before it if negative.
    pub(super) fn from_nanos(nanos: i128) -> Self {
        let second = i128::from(NANOS_PER_SEC);
        Self {
            // Clocks count in 64 bits, so that the seconds fit.
            secs: nanos.div_euclid(second) as i64,
            nanos: nanos.rem_euclid(second) as u32,
        }
    }

    /// Seconds, and nanoseconds after those.
    pub(super) fn parts(self) -> (i64, u32) {
        (self.secs, self.nanos)
    }

    pub(super) fn checked_add(self, duration: Duration) -> Option<Self> {
        let mut secs = self.secs.checked_add_unsigned(duration.as_secs())?;
        let mut nanos = self.nanos + duration.subsec_nanos();
        if nanos >= NANOS_PER_SEC {
            nanos -= NANOS_PER_SEC;
            secs = secs.checked_add(1)?;
        }
        Some(Self { secs, nanos })
    }

    pub(super) fn checked_sub(self, duration: Duration) -> Option<Self> {
        let mut secs = self.secs.checked_sub_unsigned(duration.as_secs())?;
        let mut nanos = self.nanos;
        if nanos < duration.subsec_nanos() {
            nanos += NANOS_PER_SEC;
            secs = secs.checked_sub(1)?;
        }
        nanos -= duration.subsec_nanos();
        Some(Self { secs, nanos })
    }

    /// How much later this is than `earlier`; if it is not, the error says how much earlier.
    pub(super) fn since(self, earlier: Self) -> Result<Duration, Duration> {
        if self < earlier {
            return earlier.since(self).map_or_else(Err, Err);
        }
        // The difference of two `i64` fits into a `u64`, and is not negative here.
        let mut secs = self.secs.abs_diff(earlier.secs);
        let mut nanos = self.nanos;
        if nanos < earlier.nanos {
            // Later with fewer nanoseconds is later by a second at least.
            nanos += NANOS_PER_SEC;
            secs -= 1;
        }
        Ok(Duration::new(secs, nanos - earlier.nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: Moment = Moment {
        secs: i64::MIN,
        nanos: 0,
    };
    const MAX: Moment = Moment {
        secs: i64::MAX,
        nanos: NANOS_PER_SEC - 1,
    };
    const NANO: Duration = Duration::from_nanos(1);

    #[test]
    fn nanoseconds_count_forward_on_both_sides_of_zero() {
        assert_eq!(Moment::from_nanos(0), Moment::ZERO);
        assert_eq!(Moment::from_nanos(1_500_000_000).parts(), (1, 500_000_000));
        assert_eq!(Moment::from_nanos(-1).parts(), (-1, 999_999_999));
        assert_eq!(Moment::from_nanos(-1_000_000_000).parts(), (-1, 0));
        assert!(Moment::from_nanos(-1) < Moment::ZERO);
        assert!(Moment::from_nanos(i64::MIN.into()) < Moment::from_nanos(-1));
    }

    #[test]
    fn sums_and_differences_carry() {
        let almost = Moment::from_nanos(1_999_999_999);
        assert_eq!(almost.checked_add(NANO).unwrap().parts(), (2, 0));
        assert_eq!(almost.checked_add(NANO).unwrap().checked_sub(NANO), Some(almost));
        let before = Moment::ZERO.checked_sub(Duration::from_millis(1)).unwrap();
        assert_eq!(before.parts(), (-1, 999_000_000));
        assert_eq!(Moment::ZERO.since(before), Ok(Duration::from_millis(1)));
        assert_eq!(before.since(Moment::ZERO), Err(Duration::from_millis(1)));
        assert_eq!(almost.since(almost), Ok(Duration::ZERO));
    }

    #[test]
    fn the_ends_of_time_are_exact() {
        assert_eq!(MAX.checked_add(Duration::ZERO), Some(MAX));
        assert_eq!(MAX.checked_add(NANO), None);
        assert_eq!(MIN.checked_sub(Duration::ZERO), Some(MIN));
        assert_eq!(MIN.checked_sub(NANO), None);
        assert_eq!(MAX.since(MIN), Ok(Duration::MAX));
        assert_eq!(MIN.since(MAX), Err(Duration::MAX));
        assert_eq!(MIN.checked_add(Duration::MAX), Some(MAX));
        assert_eq!(MAX.checked_sub(Duration::MAX), Some(MIN));
        assert_eq!(Moment::ZERO.checked_add(Duration::MAX), None);
    }

    #[test]
    fn two_steps_are_as_far_as_one() {
        let steps = [Duration::from_secs(i64::MAX as u64), Duration::from_secs(50)];
        let whole: Duration = steps.iter().sum();
        let start = Moment::ZERO.checked_sub(Duration::from_secs(100)).unwrap();
        let stepped = steps.iter().try_fold(start, |at, step| at.checked_add(*step));
        assert!(stepped.is_some());
        assert_eq!(stepped, start.checked_add(whole));
    }
}
