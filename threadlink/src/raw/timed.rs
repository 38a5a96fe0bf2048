//! Locking with a time limit.
//!
//! The hooks hear of an attempt when it has succeeded, as of `try_lock`: they have no word for a wait that is given up.

use std::time::Duration;

use lock_api::{RawMutex, RawMutexTimed, RawRwLock, RawRwLockTimed};

use super::held::Held;
use super::{RawTracing, RawTracingRw};
use crate::hooks::Op;
use crate::time::Instant;
use threadlink_abi::moment::{StartLock, StartRead};

/// Lets the lock inside wait until then.
#[cfg(not(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std))))]
pub(super) fn wait_until<G>(
    until: Instant,
    waits: impl FnOnce(std::time::Instant) -> Option<G>,
    _tries: impl FnMut() -> Option<G>,
) -> Option<G> {
    waits(until)
}

/// The lock inside would ask std for the time, which has none here. So it is tried again and again, after naps that grow
/// to a millisecond.
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
pub(super) fn wait_until<G>(
    until: Instant,
    _waits: impl FnOnce(std::time::Instant) -> Option<G>,
    mut tries: impl FnMut() -> Option<G>,
) -> Option<G> {
    const LONGEST: Duration = Duration::from_millis(1);
    let mut nap = Duration::from_micros(10);
    loop {
        if let Some(guard) = tries() {
            return Some(guard);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        crate::thread::sleep(nap.min(left));
        nap = (nap * 2).min(LONGEST);
    }
}

// SAFETY: every operation is that of the lock inside, which upholds lock_api's rules; the hooks neither unwind nor touch
// the lock's state.
unsafe impl<R> RawMutexTimed for RawTracing<R>
where
    R: RawMutexTimed<Duration = Duration, Instant = std::time::Instant>,
{
    type Duration = Duration;
    type Instant = Instant;

    #[track_caller]
    fn try_lock_for(&self, timeout: Duration) -> Option<Self::Guard> {
        match Instant::now().checked_add(timeout) {
            Some(until) => self.try_lock_until(until),
            None => Some(self.lock()),
        }
    }

    #[track_caller]
    fn try_lock_until(&self, until: Instant) -> Option<Self::Guard> {
        let inner = &self.inner;
        let guard = wait_until(until, |until| inner.try_lock_until(until), || inner.try_lock())?;
        self.request(StartLock, Op::Try);
        self.acquired();
        Some(Held::new(guard))
    }
}

// SAFETY: as above.
unsafe impl<R> RawRwLockTimed for RawTracingRw<R>
where
    R: RawRwLockTimed<Duration = Duration, Instant = std::time::Instant>,
{
    type Duration = Duration;
    type Instant = Instant;

    #[track_caller]
    fn try_lock_shared_for(&self, timeout: Duration) -> Option<Self::SharedGuard> {
        match Instant::now().checked_add(timeout) {
            Some(until) => self.try_lock_shared_until(until),
            None => Some(self.lock_shared()),
        }
    }

    #[track_caller]
    fn try_lock_shared_until(&self, until: Instant) -> Option<Self::SharedGuard> {
        let inner = &self.inner;
        let guard = wait_until(
            until,
            |until| inner.try_lock_shared_until(until),
            || inner.try_lock_shared(),
        )?;
        self.request(StartRead, Op::Try);
        self.acquired_shared();
        Some(Held::new(guard))
    }

    #[track_caller]
    fn try_lock_exclusive_for(&self, timeout: Duration) -> Option<Self::ExclusiveGuard> {
        match Instant::now().checked_add(timeout) {
            Some(until) => self.try_lock_exclusive_until(until),
            None => Some(self.lock_exclusive()),
        }
    }

    #[track_caller]
    fn try_lock_exclusive_until(&self, until: Instant) -> Option<Self::ExclusiveGuard> {
        let inner = &self.inner;
        let guard = wait_until(
            until,
            |until| inner.try_lock_exclusive_until(until),
            || inner.try_lock_exclusive(),
        )?;
        self.request(StartLock, Op::Try);
        self.acquired();
        Some(Held::new(guard))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutex::TracingMutex;
    use crate::rwlock::TracingRwLock;

    const SOON: Duration = Duration::from_millis(1);

    #[test]
    fn what_is_free_is_had_and_what_is_not_is_given_up() {
        let lock = TracingMutex::new(1);
        let guard = lock.try_lock_for(Duration::MAX).expect("it is free");
        assert!(lock.try_lock_for(SOON).is_none());
        assert!(lock.try_lock_until(Instant::now()).is_none());
        drop(guard);
        assert_eq!(
            lock.try_lock_until(Instant::now() + SOON).map(|guard| *guard),
            Some(1)
        );
        let lock = TracingRwLock::new(2);
        let first = lock.try_read_for(SOON).expect("it is free");
        assert!(lock.try_read_for(Duration::MAX).is_some());
        assert!(lock.try_write_for(SOON).is_none());
        drop(first);
        let writer = lock.try_write_for(Duration::MAX).expect("it is free");
        assert!(lock.try_read_for(SOON).is_none());
        drop(writer);
        assert!(!lock.is_locked());
    }
}
