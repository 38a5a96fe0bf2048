//! The host's clocks.

use crate::fmt;
use crate::time::Duration;
use threadlink_rt::imports;

#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Duration);

/// What the host's clock counts from is so long ago, so that an earlier instant can be told.
const BEFORE_START: Duration = Duration::from_secs(1 << 32);

impl Instant {
    pub fn now() -> Instant {
        Instant(BEFORE_START + Duration::from_nanos(imports::clock_monotonic()))
    }

    pub fn checked_sub_instant(&self, other: &Instant) -> Option<Duration> {
        self.0.checked_sub(other.0)
    }

    pub fn checked_add_duration(&self, other: &Duration) -> Option<Instant> {
        Some(Instant(self.0.checked_add(*other)?))
    }

    pub fn checked_sub_duration(&self, other: &Duration) -> Option<Instant> {
        Some(Instant(self.0.checked_sub(*other)?))
    }
}

// Programs show them, so they look as where most programs are written: seconds and what is over, also before 1970.
impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instant")
            .field("tv_sec", &self.0.as_secs())
            .field("tv_nsec", &self.0.subsec_nanos())
            .finish()
    }
}

impl fmt::Debug for SystemTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemTime")
            .field("tv_sec", &(self.0.div_euclid(NANOS) as i64))
            .field("tv_nsec", &(self.0.rem_euclid(NANOS) as u32))
            .finish()
    }
}

/// Nanoseconds since 1970, negative before.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemTime(i128);

pub const UNIX_EPOCH: SystemTime = SystemTime(0);

const NANOS: i128 = 1_000_000_000;

/// The longest duration there is, in nanoseconds.
const LONGEST: i128 = u64::MAX as i128 * NANOS + NANOS - 1;

fn nanos(duration: &Duration) -> i128 {
    i128::from(duration.as_secs()) * NANOS + i128::from(duration.subsec_nanos())
}

fn duration(nanos: i128) -> Duration {
    Duration::new((nanos / NANOS) as u64, (nanos % NANOS) as u32)
}

impl SystemTime {
    // Any two of them are no longer than the longest duration apart, and each is one from 1970.
    pub const MAX: SystemTime = SystemTime(i64::MAX as i128 * NANOS + NANOS - 1);

    pub const MIN: SystemTime = SystemTime(i64::MIN as i128 * NANOS);

    pub fn now() -> SystemTime {
        SystemTime(imports::clock_realtime().into())
    }

    pub fn sub_time(&self, other: &SystemTime) -> Result<Duration, Duration> {
        let between = self.0 - other.0;
        // Never more than the longest, by the limits above.
        debug_assert!(between.abs() <= LONGEST);
        if between >= 0 { Ok(duration(between)) } else { Err(duration(-between)) }
    }

    pub fn checked_add_duration(&self, other: &Duration) -> Option<SystemTime> {
        Self::within(self.0 + nanos(other))
    }

    pub fn checked_sub_duration(&self, other: &Duration) -> Option<SystemTime> {
        Self::within(self.0 - nanos(other))
    }

    fn within(nanos: i128) -> Option<SystemTime> {
        (Self::MIN.0..=Self::MAX.0).contains(&nanos).then_some(SystemTime(nanos))
    }
}
