//! [`RwLockReadGuard`] and [`RwLockWriteGuard`]: the lock is held until they are dropped.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use super::TracingRwLock;
use crate::rwlock::TracingRawRwLock;
use crate::sync::poison::Entered;
use lock_api::{RawRwLock, RawRwLockDowngrade};

pub(in crate::sync) type SharedState = <TracingRawRwLock as RawRwLock>::SharedGuard;
pub(in crate::sync) type ExclusiveState = <TracingRawRwLock as RawRwLock>::ExclusiveGuard;

/// The lock is held for reading until this is dropped.
pub(in crate::sync) struct Reading<'a> {
    raw: &'a TracingRawRwLock,
    // parking_lot's proof of this acquisition; it also keeps the guard on its thread.
    state: ManuallyDrop<SharedState>,
}

impl Drop for Reading<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the state is taken once, here; the lock is held with it since `RwLockReadGuard::new`.
        unsafe {
            let state = ManuallyDrop::take(&mut self.state);
            self.raw.unlock_shared(state);
        }
    }
}

/// Shared access to the data of a [`TracingRwLock`]; dropping it releases the lock.
///
/// It stays on the thread that locked:
/// ```compile_fail,E0277
/// let lock = threadlink::sync::RwLock::new(0);
/// let guard = lock.read().unwrap();
/// std::thread::scope(|scope| {
///     scope.spawn(move || drop(guard));
/// });
/// ```
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockReadGuard<'a, T: ?Sized + 'a> {
    // No reference: the data may be written to as soon as the lock is released, which is before the end of the
    // scope of a guard that was passed by value. It also makes the guard covariant in `T`, as std's is.
    data: NonNull<T>,
    #[allow(
        dead_code,
        reason = "held for its destructor, until a guard of a part takes it over"
    )]
    pub(in crate::sync) reading: Reading<'a>,
}

// SAFETY: a shared guard gives out `&T` only.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    /// # Safety
    /// The calling thread holds the lock for reading, and `state` is what this acquisition returned.
    #[inline]
    pub(in crate::sync) unsafe fn new(lock: &'a TracingRwLock<T>, state: SharedState) -> Self {
        Self {
            // SAFETY: the address of something that is borrowed is not null.
            data: unsafe { NonNull::new_unchecked(lock.data.get()) },
            reading: Reading {
                raw: &lock.raw,
                state: ManuallyDrop::new(state),
            },
        }
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held for reading for as long as the guard lives, so nobody writes.
        unsafe { self.data.as_ref() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Exclusive access to the data of a [`TracingRwLock`]; dropping it releases the lock.
///
/// It stays on the thread that locked:
/// ```compile_fail,E0277
/// let lock = threadlink::sync::RwLock::new(0);
/// let guard = lock.write().unwrap();
/// std::thread::scope(|scope| {
///     scope.spawn(move || drop(guard));
/// });
/// ```
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    lock: &'a TracingRwLock<T>,
    entered: Entered,
    // As in `Reading`.
    state: ManuallyDrop<ExclusiveState>,
}

// SAFETY: a shared guard gives out `&T` only.
unsafe impl<T: ?Sized + Sync> Sync for RwLockWriteGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// # Safety
    /// The calling thread holds the lock for writing, and `state` is what this acquisition returned.
    #[inline]
    pub(in crate::sync) unsafe fn new(lock: &'a TracingRwLock<T>, state: ExclusiveState) -> Self {
        Self {
            lock,
            entered: lock.poison.enter(),
            state: ManuallyDrop::new(state),
        }
    }

    /// The lock, and what releases it: from here on that is the caller's task.
    #[inline]
    pub(in crate::sync) fn into_parts(self) -> (&'a TracingRwLock<T>, Entered, ExclusiveState) {
        let mut guard = ManuallyDrop::new(self);
        // SAFETY: the state is taken once: the guard's destructor, which would take it, does not run.
        let state = unsafe { ManuallyDrop::take(&mut guard.state) };
        (guard.lock, guard.entered, state)
    }

    /// Turns the guard into one that reads. No other thread writes in between; others that read can go on.
    ///
    /// The lock is not poisoned by this, even if the thread is panicking.
    ///
    /// ```
    /// use threadlink::sync::{RwLock, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new(1);
    /// let mut writer = lock.write().unwrap();
    /// *writer = 2;
    /// let reader = RwLockWriteGuard::downgrade(writer);
    /// assert_eq!(*lock.read().unwrap(), 2);
    /// assert_eq!(*reader, 2);
    /// ```
    #[track_caller]
    pub fn downgrade(s: Self) -> RwLockReadGuard<'a, T> {
        let (lock, _, state) = s.into_parts();
        // SAFETY: the lock is held for writing with this state since `new`, and afterwards for reading with what
        // `downgrade` returns.
        unsafe {
            let state = lock.raw.downgrade(state);
            RwLockReadGuard::new(lock, state)
        }
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held for writing for as long as the guard lives.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held for writing, and the guard is borrowed exclusively.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.poison.leave(self.entered);
        // SAFETY: the state is taken once, here; the lock is held with it since `new`.
        unsafe {
            let state = ManuallyDrop::take(&mut self.state);
            self.lock.raw.unlock_exclusive(state);
        }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
