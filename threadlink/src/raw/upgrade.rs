//! Reading with the right to write later. To the hooks such a reader is a reader, and its upgrade the end of its reading
//! and a new acquisition.

use std::cell::Cell;
use std::time::Duration;

use lock_api::{
    RawRwLock, RawRwLockDowngrade, RawRwLockTimed, RawRwLockUpgrade, RawRwLockUpgradeDowngrade,
    RawRwLockUpgradeFair, RawRwLockUpgradeTimed,
};

use super::RawTracingRw;
use super::held::Held;
use super::timed::wait_until;
use crate::hooks::{self, Op};
use crate::time::Instant;
use threadlink_abi::moment::{FinishReadUnlock, FinishUnlock, StartLock, StartRead};

impl<R: RawRwLock> RawTracingRw<R> {
    /// The reader has become the writer, without waiting.
    #[track_caller]
    fn upgraded(&self) {
        self.releasing_shared();
        hooks::tell(FinishReadUnlock, self.address());
        self.request(StartLock, Op::Try);
        self.acquired();
    }
}

// SAFETY: every operation is that of the lock inside, which upholds lock_api's rules; the hooks neither unwind nor touch
// the lock's state.
unsafe impl<R: RawRwLockUpgrade> RawRwLockUpgrade for RawTracingRw<R> {
    type UpgradableGuard = Held<R::UpgradableGuard>;

    #[inline]
    #[track_caller]
    fn lock_upgradable(&self) -> Self::UpgradableGuard {
        if !hooks::ENABLED {
            return Held::new(self.inner.lock_upgradable());
        }
        // As for readers: a wait is announced only if there will be one.
        let guard = match self.inner.try_lock_upgradable() {
            Some(guard) => {
                self.request(StartRead, Op::AtOnce);
                guard
            }
            None => {
                self.request(StartRead, Op::Blocking);
                self.inner.lock_upgradable()
            }
        };
        self.acquired_shared();
        Held::new(guard)
    }

    #[inline]
    #[track_caller]
    fn try_lock_upgradable(&self) -> Option<Self::UpgradableGuard> {
        let guard = self.inner.try_lock_upgradable()?;
        self.request(StartRead, Op::Try);
        self.acquired_shared();
        Some(Held::new(guard))
    }

    #[inline]
    unsafe fn unlock_upgradable(&self, guard: Self::UpgradableGuard) {
        self.releasing_shared();
        let address = self.address();
        // SAFETY: the caller holds the lock so and passes the state of this acquisition.
        unsafe { self.inner.unlock_upgradable(guard.inner) };
        hooks::tell(FinishReadUnlock, address);
    }

    #[inline]
    #[track_caller]
    unsafe fn upgrade(&self, guard: Self::UpgradableGuard) -> Self::ExclusiveGuard {
        if !hooks::ENABLED {
            // SAFETY: the caller holds the lock so and passes the state of this acquisition.
            return Held::new(unsafe { self.inner.upgrade(guard.inner) });
        }
        // SAFETY: as above.
        match unsafe { self.inner.try_upgrade(guard.inner) } {
            Ok(guard) => {
                self.upgraded();
                Held::new(guard)
            }
            Err(guard) => {
                // It waits for the other readers, and is none of them any more.
                self.releasing_shared();
                hooks::tell(FinishReadUnlock, self.address());
                self.request(StartLock, Op::Blocking);
                // SAFETY: the state that the lock has given back is that of the same acquisition.
                let guard = unsafe { self.inner.upgrade(guard) };
                self.acquired();
                Held::new(guard)
            }
        }
    }

    #[inline]
    #[track_caller]
    unsafe fn try_upgrade(
        &self,
        guard: Self::UpgradableGuard,
    ) -> Result<Self::ExclusiveGuard, Self::UpgradableGuard> {
        // SAFETY: the caller holds the lock so and passes the state of this acquisition.
        let guard = unsafe { self.inner.try_upgrade(guard.inner) }.map_err(Held::new)?;
        self.upgraded();
        Ok(Held::new(guard))
    }
}

// SAFETY: as above.
unsafe impl<R> RawRwLockUpgradeFair for RawTracingRw<R>
where
    R: RawRwLockUpgradeFair,
{
    #[inline]
    unsafe fn unlock_upgradable_fair(&self, guard: Self::UpgradableGuard) {
        self.releasing_shared();
        let address = self.address();
        // SAFETY: the caller holds the lock so and passes the state of this acquisition.
        unsafe { self.inner.unlock_upgradable_fair(guard.inner) };
        hooks::tell(FinishReadUnlock, address);
    }

    #[inline]
    #[track_caller]
    unsafe fn bump_upgradable(&self, guard: &mut Self::UpgradableGuard) {
        if hooks::ENABLED {
            self.releasing_shared();
            hooks::tell(FinishReadUnlock, self.address());
            self.request(StartRead, Op::Blocking);
        }
        // SAFETY: the caller holds the lock so, also during the hooks above.
        unsafe { self.inner.bump_upgradable(&mut guard.inner) };
        if hooks::ENABLED {
            self.acquired_shared();
        }
    }
}

// SAFETY: as above.
unsafe impl<R> RawRwLockUpgradeDowngrade for RawTracingRw<R>
where
    R: RawRwLockUpgradeDowngrade + RawRwLockDowngrade,
{
    #[inline]
    unsafe fn downgrade_upgradable(&self, guard: Self::UpgradableGuard) -> Self::SharedGuard {
        // It was a reader, and is one.
        // SAFETY: the caller holds the lock so and passes the state of this acquisition.
        Held::new(unsafe { self.inner.downgrade_upgradable(guard.inner) })
    }

    #[inline]
    #[track_caller]
    unsafe fn downgrade_to_upgradable(&self, guard: Self::ExclusiveGuard) -> Self::UpgradableGuard {
        self.releasing();
        // SAFETY: the caller holds the lock for writing and passes the state of this acquisition.
        let guard = unsafe { self.inner.downgrade_to_upgradable(guard.inner) };
        hooks::tell(FinishUnlock, self.address());
        self.request(StartRead, Op::Try);
        self.acquired_shared();
        Held::new(guard)
    }
}

// SAFETY: as above.
unsafe impl<R> RawRwLockUpgradeTimed for RawTracingRw<R>
where
    R: RawRwLockUpgradeTimed + RawRwLockTimed<Duration = Duration, Instant = std::time::Instant>,
{
    #[track_caller]
    fn try_lock_upgradable_for(&self, timeout: Duration) -> Option<Self::UpgradableGuard> {
        match Instant::now().checked_add(timeout) {
            Some(until) => self.try_lock_upgradable_until(until),
            None => Some(self.lock_upgradable()),
        }
    }

    #[track_caller]
    fn try_lock_upgradable_until(&self, until: Instant) -> Option<Self::UpgradableGuard> {
        let inner = &self.inner;
        let guard = wait_until(
            until,
            |until| inner.try_lock_upgradable_until(until),
            || inner.try_lock_upgradable(),
        )?;
        hooks::request(StartRead, self.address(), Op::Try);
        self.acquired_shared();
        Some(Held::new(guard))
    }

    #[track_caller]
    unsafe fn try_upgrade_for(
        &self,
        guard: Self::UpgradableGuard,
        timeout: Duration,
    ) -> Result<Self::ExclusiveGuard, Self::UpgradableGuard> {
        match Instant::now().checked_add(timeout) {
            // SAFETY: the caller holds the lock so and passes the state of this acquisition.
            Some(until) => unsafe { self.try_upgrade_until(guard, until) },
            // SAFETY: as above.
            None => Ok(unsafe { self.upgrade(guard) }),
        }
    }

    #[track_caller]
    unsafe fn try_upgrade_until(
        &self,
        guard: Self::UpgradableGuard,
        until: Instant,
    ) -> Result<Self::ExclusiveGuard, Self::UpgradableGuard> {
        // The state of the reader, except during an attempt and after one that has succeeded.
        let reader = Cell::new(Some(guard.inner));
        let attempt =
            |attempt: &dyn Fn(R::UpgradableGuard) -> Result<R::ExclusiveGuard, R::UpgradableGuard>| {
                attempt(reader.take()?)
                    .map_err(|guard| reader.set(Some(guard)))
                    .ok()
            };
        let writer = wait_until(
            until,
            // SAFETY: the caller holds the lock so; what the lock inside has given back is the state of the same
            // acquisition.
            |until| attempt(&|guard| unsafe { self.inner.try_upgrade_until(guard, until) }),
            // SAFETY: as above.
            || attempt(&|guard| unsafe { self.inner.try_upgrade(guard) }),
        );
        match (writer, reader.into_inner()) {
            (Some(guard), _) => {
                self.upgraded();
                Ok(Held::new(guard))
            }
            (None, Some(guard)) => Err(Held::new(guard)),
            (None, None) => unreachable!("an attempt that fails gives the reader's state back"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::rwlock::{TracingRwLock, TracingRwLockUpgradableReadGuard as Upgradable};
    use lock_api::RwLockWriteGuard;

    #[test]
    fn a_reader_becomes_a_writer_and_back() {
        let lock = TracingRwLock::new(1);
        let first = lock.upgradable_read();
        assert!(lock.try_upgradable_read().is_none());
        let reader = lock.try_read().expect("readers may come");
        let first = Upgradable::try_upgrade(first).expect_err("another reads");
        drop(reader);
        let mut writer = Upgradable::upgrade(first);
        *writer += 1;
        assert!(lock.try_read().is_none());
        let first = RwLockWriteGuard::downgrade_to_upgradable(writer);
        let reader = Upgradable::downgrade(first);
        assert_eq!((*reader, *lock.upgradable_read()), (2, 2));
        drop(reader);
        Upgradable::unlock_fair(lock.upgradable_read());
        assert!(!lock.is_locked());
    }

    #[test]
    fn a_reader_waits_for_a_time_to_become_a_writer() {
        const SOON: Duration = Duration::from_millis(1);
        let lock = TracingRwLock::new(1);
        let first = lock.try_upgradable_read_for(SOON).expect("it is free");
        assert!(lock.try_upgradable_read_for(SOON).is_none());
        assert!(
            lock.try_upgradable_read_until(crate::time::Instant::now())
                .is_none()
        );
        let reader = lock.try_read().expect("readers may come");
        let first = Upgradable::try_upgrade_for(first, SOON).expect_err("another reads");
        let soon = crate::time::Instant::now() + SOON;
        let first = Upgradable::try_upgrade_until(first, soon).expect_err("another reads");
        // What it had before, it has still.
        assert_eq!((*reader, *first), (1, 1));
        drop(reader);
        *Upgradable::try_upgrade_for(first, SOON).expect("nobody reads") += 1;
        let first = lock.try_upgradable_read_for(Duration::MAX).expect("it is free");
        *Upgradable::try_upgrade_for(first, Duration::MAX).expect("nobody reads") += 1;
        assert_eq!(*lock.read(), 3);
        assert!(!lock.is_locked());
    }
}
