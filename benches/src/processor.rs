//! How much of the processor's time the programs took that were run.

use std::time::Duration;

/// What all programs have used that were run and waited for, in their own code and in the system's.
#[cfg(unix)]
#[must_use]
pub(crate) fn used_by_children() -> Duration {
    // SAFETY: all of the structure is integers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a structure of that type, which is ours alone.
    let failed = unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage) } != 0;
    assert!(!failed, "the arguments are right");
    [usage.ru_utime, usage.ru_stime]
        .iter()
        .map(|time| Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64))
        .sum()
}

/// Nothing that we could ask.
#[cfg(not(unix))]
#[must_use]
pub(crate) fn used_by_children() -> Duration {
    Duration::ZERO
}
