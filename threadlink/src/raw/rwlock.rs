//! [`RawTracingRw`]: the one place from which read-write locks call the hooks.

use lock_api::{RawRwLock, RawRwLockDowngrade, RawRwLockFair};

use super::held::Held;
use crate::hooks::{self, Holder, Instance, LockName, Moment, Op, Origin, Spare, Stamp};
use threadlink_abi::moment::{
    FinishLock, FinishRead, FinishReadUnlock, FinishUnlock, StartLock, StartRead, StartReadUnlock,
    StartUnlock,
};

/// A raw read-write lock that calls the hooks around each operation of the lock inside.
///
/// Without the cargo feature `tracing` it is the lock inside and nothing more, in size and machine code. With it,
/// the first word names the thread that holds the lock for writing; the hooks get its address.
///
/// ```
/// use threadlink::raw::RawTracingRw;
///
/// type Recursive<T> = lock_api::RwLock<RawTracingRw<parking_lot::RawRwLockRecursive>, T>;
///
/// let counter = Recursive::new(1);
/// *counter.write() += 1;
/// assert_eq!(*counter.read(), 2);
/// ```
#[repr(C)]
pub struct RawTracingRw<R> {
    holder: Holder,
    spare: Spare,
    pub(crate) origin: Origin,
    instance: Instance,
    stamp: Stamp,
    pub(super) inner: R,
}

#[cfg(all(feature = "tracing", target_arch = "wasm32"))]
const _: () = {
    use std::mem::offset_of;
    use threadlink_abi::layout::lock as layout;
    type Lock = RawTracingRw<parking_lot::RawRwLock>;
    assert!(offset_of!(Lock, holder) == layout::HOLDER as usize);
    assert!(offset_of!(Lock, spare) == layout::READERS as usize);
    assert!(offset_of!(Lock, origin) == layout::SITE as usize);
    assert!(offset_of!(Lock, instance) == layout::INSTANCE as usize);
    assert!(offset_of!(Lock, stamp) == layout::STAMP as usize);
    assert!(offset_of!(Lock, inner) == layout::SIZE as usize);
};

impl<R: RawRwLock> RawTracingRw<R> {
    /// An unlocked lock that knows where it was made, and that reports call `name`.
    ///
    /// ```
    /// use threadlink::hooks::LockName;
    /// use threadlink::rwlock::{TracingRawRwLock, TracingRwLock};
    ///
    /// let raw = TracingRawRwLock::with_name(LockName::new("limit"));
    /// assert_eq!(*TracingRwLock::from_raw(raw, 3).read(), 3);
    /// ```
    #[must_use]
    #[inline]
    #[track_caller]
    pub const fn with_name(name: LockName) -> Self {
        Self {
            holder: Holder::NEW,
            spare: Spare::NEW,
            origin: Origin::here(name),
            instance: Instance::NEW,
            stamp: Stamp::NEW,
            inner: R::INIT,
        }
    }
}

impl<R> RawTracingRw<R> {
    /// What the hooks call this lock.
    #[inline]
    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// The program asks for the lock, or has just got it.
    #[inline]
    #[track_caller]
    pub(super) fn request(&self, moment: impl Moment, op: Op) {
        self.instance.begin();
        hooks::request(moment, self.address(), op);
    }

    /// The lock was acquired for writing: say so, to readers of the lock's memory first.
    #[inline]
    pub(super) fn acquired(&self) {
        // SAFETY: the calling thread has just locked it.
        unsafe { self.holder.set() };
        hooks::tell(FinishLock, self.address());
    }

    /// The writer is about to release the lock.
    #[inline]
    pub(super) fn releasing(&self) {
        hooks::tell(StartUnlock, self.address());
        // SAFETY: the calling thread is about to unlock it.
        unsafe { self.holder.clear() };
    }

    /// The lock was acquired for reading.
    #[inline]
    pub(super) fn acquired_shared(&self) {
        hooks::tell(FinishRead, self.address());
    }

    /// A reader is about to release the lock.
    #[inline]
    pub(super) fn releasing_shared(&self) {
        hooks::tell(StartReadUnlock, self.address());
    }
}

// SAFETY: every operation is that of the lock inside, which upholds lock_api's rules; the hooks neither unwind
// nor touch the lock's state. The holder is no part of the locking.
unsafe impl<R: RawRwLock> RawRwLock for RawTracingRw<R> {
    #[allow(clippy::declare_interior_mutable_const)]
    const INIT: Self = Self {
        holder: Holder::NEW,
        spare: Spare::NEW,
        origin: Origin::UNKNOWN,
        instance: Instance::NEW,
        stamp: Stamp::NEW,
        inner: R::INIT,
    };

    type SharedGuard = Held<R::SharedGuard>;
    type ExclusiveGuard = Held<R::ExclusiveGuard>;

    #[inline]
    #[track_caller]
    fn lock_shared(&self) -> Self::SharedGuard {
        if !hooks::ENABLED {
            return Held::new(self.inner.lock_shared());
        }
        // Whether a reader waits depends on more than the holder that a host can see, so it tries first and
        // announces a wait only if there will be one.
        let guard = match self.inner.try_lock_shared() {
            Some(guard) => {
                self.request(StartRead, Op::AtOnce);
                guard
            }
            None => {
                self.request(StartRead, Op::Blocking);
                self.inner.lock_shared()
            }
        };
        self.acquired_shared();
        Held::new(guard)
    }

    #[inline]
    #[track_caller]
    fn try_lock_shared(&self) -> Option<Self::SharedGuard> {
        let guard = self.inner.try_lock_shared()?;
        self.request(StartRead, Op::Try);
        self.acquired_shared();
        Some(Held::new(guard))
    }

    #[inline]
    unsafe fn unlock_shared(&self, guard: Self::SharedGuard) {
        self.releasing_shared();
        // The address is taken before: once the lock is free, another thread may drop what it is part of.
        let address = self.address();
        // SAFETY: the caller holds the lock for reading and passes the state of this acquisition.
        unsafe { self.inner.unlock_shared(guard.inner) };
        hooks::tell(FinishReadUnlock, address);
    }

    #[inline]
    #[track_caller]
    fn lock_exclusive(&self) -> Self::ExclusiveGuard {
        if !hooks::ENABLED {
            return Held::new(self.inner.lock_exclusive());
        }
        // As for readers.
        let guard = match self.inner.try_lock_exclusive() {
            Some(guard) => {
                self.request(StartLock, Op::AtOnce);
                guard
            }
            None => {
                self.request(StartLock, Op::Blocking);
                self.inner.lock_exclusive()
            }
        };
        self.acquired();
        Held::new(guard)
    }

    #[inline]
    #[track_caller]
    fn try_lock_exclusive(&self) -> Option<Self::ExclusiveGuard> {
        let guard = self.inner.try_lock_exclusive()?;
        self.request(StartLock, Op::Try);
        self.acquired();
        Some(Held::new(guard))
    }

    #[inline]
    unsafe fn unlock_exclusive(&self, guard: Self::ExclusiveGuard) {
        self.releasing();
        let address = self.address();
        // SAFETY: the caller holds the lock for writing and passes the state of this acquisition.
        unsafe { self.inner.unlock_exclusive(guard.inner) };
        hooks::tell(FinishUnlock, address);
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.inner.is_locked()
    }

    #[inline]
    fn is_locked_exclusive(&self) -> bool {
        self.inner.is_locked_exclusive()
    }
}

// SAFETY: as above.
unsafe impl<R: RawRwLockFair> RawRwLockFair for RawTracingRw<R> {
    #[inline]
    unsafe fn unlock_shared_fair(&self, guard: Self::SharedGuard) {
        self.releasing_shared();
        let address = self.address();
        // SAFETY: the caller holds the lock for reading and passes the state of this acquisition.
        unsafe { self.inner.unlock_shared_fair(guard.inner) };
        hooks::tell(FinishReadUnlock, address);
    }

    #[inline]
    unsafe fn unlock_exclusive_fair(&self, guard: Self::ExclusiveGuard) {
        self.releasing();
        let address = self.address();
        // SAFETY: the caller holds the lock for writing and passes the state of this acquisition.
        unsafe { self.inner.unlock_exclusive_fair(guard.inner) };
        hooks::tell(FinishUnlock, address);
    }

    #[inline]
    #[track_caller]
    unsafe fn bump_shared(&self, guard: &mut Self::SharedGuard) {
        if hooks::ENABLED {
            // Seen from outside, a bump is a release and a new acquire, and it can block in the latter.
            self.releasing_shared();
            hooks::tell(FinishReadUnlock, self.address());
            self.request(StartRead, Op::Blocking);
        }
        // SAFETY: the caller holds the lock for reading, also during the hooks above.
        unsafe { self.inner.bump_shared(&mut guard.inner) };
        if hooks::ENABLED {
            self.acquired_shared();
        }
    }

    #[inline]
    #[track_caller]
    unsafe fn bump_exclusive(&self, guard: &mut Self::ExclusiveGuard) {
        if hooks::ENABLED {
            self.releasing();
            hooks::tell(FinishUnlock, self.address());
            self.request(StartLock, Op::Blocking);
        }
        // SAFETY: the caller holds the lock for writing, also during the hooks above.
        unsafe { self.inner.bump_exclusive(&mut guard.inner) };
        if hooks::ENABLED {
            self.acquired();
        }
    }
}

// SAFETY: as above.
unsafe impl<R: RawRwLockDowngrade> RawRwLockDowngrade for RawTracingRw<R> {
    #[inline]
    #[track_caller]
    unsafe fn downgrade(&self, guard: Self::ExclusiveGuard) -> Self::SharedGuard {
        self.releasing();
        // SAFETY: the caller holds the lock for writing and passes the state of this acquisition.
        let guard = unsafe { self.inner.downgrade(guard.inner) };
        hooks::tell(FinishUnlock, self.address());
        self.request(StartRead, Op::Try);
        self.acquired_shared();
        Held::new(guard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::RawRwLock as Inner;

    #[test]
    fn the_size_is_the_inner_locks_unless_traced() {
        let extra = size_of::<RawTracingRw<Inner>>() - size_of::<Inner>();
        assert_eq!(extra != 0, hooks::ENABLED);
    }

    #[cfg(feature = "tracing")]
    #[test]
    fn the_words_say_who_writes_and_nothing_of_readers() {
        assert_eq!(std::mem::offset_of!(RawTracingRw<Inner>, holder), 0);
        assert_eq!(
            std::mem::offset_of!(RawTracingRw<Inner>, spare),
            size_of::<usize>()
        );
        let lock = RawTracingRw::<Inner>::INIT;
        let words = || (lock.holder.get(), lock.spare.get());
        let me = crate::backend::hooks::holder();
        assert_eq!(words(), (0, 0));
        let first = lock.lock_shared();
        let second = lock.try_lock_shared().unwrap();
        assert_eq!(words(), (0, 0));
        assert!(lock.try_lock_exclusive().is_none());
        // SAFETY: the lock is held for reading with these two guards.
        unsafe {
            lock.unlock_shared(first);
            lock.unlock_shared_fair(second);
        }
        assert_eq!(words(), (0, 0));
        let guard = lock.lock_exclusive();
        assert_eq!(words(), (me, 0));
        assert!(lock.try_lock_shared().is_none());
        // SAFETY: the lock is held for writing with this guard.
        let guard = unsafe { lock.downgrade(guard) };
        assert_eq!(words(), (0, 0));
        // SAFETY: the lock is held for reading with this guard.
        unsafe { lock.unlock_shared(guard) };
        let guard = lock.try_lock_exclusive().unwrap();
        assert_eq!(words(), (me, 0));
        // SAFETY: the lock is held for writing with this guard.
        unsafe { lock.unlock_exclusive_fair(guard) };
        assert_eq!(words(), (0, 0));
        assert!(!lock.is_locked());
    }
}
