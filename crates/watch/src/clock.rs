//! Time: the host's clock, the second of the two things that a host supplies, and the stamps of events.
//!
//! Each thread stamps its events with a hybrid logical clock (Kulkarni et al., *Logical Physical Clocks*, 2014): the
//! host's monotonic clock, pushed forward where needed so that an event is later than everything that happened before
//! it: the thread's own last event, the last release of the lock that it acquires, the last notification of the
//! condition variable from which it wakes, the fork of the thread, the end of the thread that it joins. Sorting by time
//! therefore never puts an acquire before the release that it waited for, whatever the clocks of two cores say.

/// The host's clock.
///
/// ```
/// struct Steps(std::cell::Cell<u64>);
///
/// impl threadlink_watch::Clock for Steps {
///     fn now(&self) -> u64 {
///         self.0.replace(self.0.get() + 1)
///     }
/// }
/// ```
pub trait Clock {
    /// Nanoseconds since the run began; never less than before on the same thread.
    fn now(&self) -> u64;
}

/// The time of one thread's last event.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stamp(u64);

impl Stamp {
    /// Begins with the thread, which was forked at this time.
    pub(crate) fn from(forked_at: u64) -> Self {
        Self(forked_at)
    }

    /// The next event is later than this as well.
    #[inline]
    pub(crate) fn not_before(&mut self, time: u64) {
        self.0 = self.0.max(time);
    }

    /// The time of the last event.
    #[inline]
    pub(crate) fn last(self) -> u64 {
        self.0
    }

    /// A time later than this thread's last event and than `floor`.
    #[inline]
    pub(crate) fn tick(&mut self, clock: &impl Clock, floor: u64) -> u64 {
        self.0 = clock.now().max(self.0.max(floor) + 1);
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Stopped(u64);

    impl Clock for Stopped {
        fn now(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn a_stamp_is_later_than_what_happened_before_even_if_the_clock_stands() {
        let mut stamp = Stamp::from(5);
        assert_eq!(stamp.tick(&Stopped(3), 0), 6);
        assert_eq!(stamp.tick(&Stopped(3), 100), 101);
        assert_eq!(stamp.tick(&Stopped(200), 0), 200);
        assert_eq!(stamp.tick(&Stopped(200), 0), 201);
    }
}
