//! Clocks of threads on Linux, which count to the nanosecond.

use std::time::Duration;

/// The clock of one thread, in user and kernel code.
pub(super) struct ThreadClock(libc::clockid_t);

impl ThreadClock {
    /// The one of the thread that calls.
    pub(super) fn of_this_thread() -> Option<Self> {
        let mut clock = 0;
        // SAFETY: the thread that calls is alive, and `clock` can be written to.
        let error = unsafe { libc::pthread_getcpuclockid(libc::pthread_self(), &raw mut clock) };
        (error == 0).then_some(Self(clock))
    }

    /// What the thread has used, from any thread; `None` once it has ended, if the system has not given its number to
    /// another one.
    pub(super) fn now(&self) -> Option<Duration> {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: any number may be asked for, and `time` can be written to.
        let error = unsafe { libc::clock_gettime(self.0, &raw mut time) };
        if error != 0 {
            return None;
        }
        let seconds = u64::try_from(time.tv_sec).ok()?;
        Some(Duration::new(seconds, u32::try_from(time.tv_nsec).ok()?))
    }
}
