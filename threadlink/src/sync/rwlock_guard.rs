//! Locking a read-write lock: [`RwLockReadGuard`] and [`RwLockWriteGuard`], which hold it until they are dropped.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::{LockResult, TryLockError, TryLockResult};

use super::holding::{ExclusiveState, Reading, SharedState, Writing};
use super::poison::{Entered, result};
use super::rwlock::TracingRwLock;
use lock_api::{RawRwLock, RawRwLockDowngrade};

impl<T: ?Sized> TracingRwLock<T> {
    /// Blocks until no thread writes or waits to write, and locks for reading until the guard is dropped.
    ///
    /// # Errors
    /// If the lock is poisoned; the error holds the guard, the lock is held all the same.
    ///
    /// ```
    /// let lock = threadlink::sync::RwLock::new(1);
    /// assert_eq!(*lock.read().unwrap(), 1);
    /// ```
    #[inline]
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let state = self.raw.lock_shared();
        // SAFETY: the lock was just acquired for reading, with this state.
        let guard = unsafe { RwLockReadGuard::new(self, state) };
        result(guard, self.poison.get())
    }

    /// Locks for reading if that is possible without waiting.
    ///
    /// # Errors
    /// [`TryLockError::WouldBlock`] if a thread writes or waits to write, [`TryLockError::Poisoned`] with the guard
    /// if the lock is poisoned.
    ///
    /// ```
    /// let lock = threadlink::sync::RwLock::new(());
    /// let reader = lock.try_read().unwrap();
    /// assert!(lock.try_read().is_ok());
    /// assert!(lock.try_write().is_err());
    /// # drop(reader);
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        let Some(state) = self.raw.try_lock_shared() else {
            return Err(TryLockError::WouldBlock);
        };
        // SAFETY: the lock was just acquired for reading, with this state.
        let guard = unsafe { RwLockReadGuard::new(self, state) };
        Ok(result(guard, self.poison.get())?)
    }

    /// Blocks until no other thread reads or writes, and locks for writing until the guard is dropped.
    ///
    /// # Errors
    /// If the lock is poisoned; the error holds the guard, the lock is held all the same.
    ///
    /// ```
    /// let lock = threadlink::sync::RwLock::new(1);
    /// *lock.write().unwrap() = 2;
    /// assert_eq!(*lock.read().unwrap(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let state = self.raw.lock_exclusive();
        // SAFETY: the lock was just acquired for writing, with this state.
        let guard = unsafe { RwLockWriteGuard::new(self, state) };
        result(guard, self.poison.get())
    }

    /// Locks for writing if nobody holds the lock.
    ///
    /// # Errors
    /// [`TryLockError::WouldBlock`] if somebody does, [`TryLockError::Poisoned`] with the guard if the lock is
    /// poisoned.
    ///
    /// ```
    /// use threadlink::sync::{RwLock, TryLockError};
    ///
    /// let lock = RwLock::new(());
    /// let writer = lock.try_write().unwrap();
    /// assert!(matches!(lock.try_read(), Err(TryLockError::WouldBlock)));
    /// drop(writer);
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        let Some(state) = self.raw.try_lock_exclusive() else {
            return Err(TryLockError::WouldBlock);
        };
        // SAFETY: the lock was just acquired for writing, with this state.
        let guard = unsafe { RwLockWriteGuard::new(self, state) };
        Ok(result(guard, self.poison.get())?)
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
    pub(super) reading: Reading<'a>,
}

// SAFETY: a shared guard gives out `&T` only.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    /// # Safety
    /// The calling thread holds the lock for reading, and `state` is what this acquisition returned.
    #[inline]
    pub(super) unsafe fn new(lock: &'a TracingRwLock<T>, state: SharedState) -> Self {
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
    pub(super) unsafe fn new(lock: &'a TracingRwLock<T>, state: ExclusiveState) -> Self {
        Self {
            lock,
            entered: lock.poison.enter(),
            state: ManuallyDrop::new(state),
        }
    }

    /// The acquisition without the data, for a guard of a part of it.
    #[inline]
    pub(super) fn into_writing(self) -> Writing<'a> {
        let mut guard = ManuallyDrop::new(self);
        Writing {
            raw: &guard.lock.raw,
            poison: &guard.lock.poison,
            entered: guard.entered,
            // SAFETY: the state is taken once: the guard's destructor, which would take it, does not run.
            state: ManuallyDrop::new(unsafe { ManuallyDrop::take(&mut guard.state) }),
        }
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
        let mut guard = ManuallyDrop::new(s);
        // SAFETY: the state is taken once: the guard's destructor, which would take it, does not run. The lock is
        // held with it for writing, and afterwards with what `downgrade` returns for reading.
        unsafe {
            let state = ManuallyDrop::take(&mut guard.state);
            let state = guard.lock.raw.downgrade(state);
            RwLockReadGuard::new(guard.lock, state)
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
