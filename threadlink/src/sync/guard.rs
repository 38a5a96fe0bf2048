//! Locking a mutex: [`MutexGuard`], which holds the lock until it is dropped.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::{LockResult, TryLockError, TryLockResult};

use super::holding::{Holding, State};
use super::mutex::TracingMutex;
use super::poison::{Entered, result};
use lock_api::RawMutex;

/// Access to the data of a locked [`TracingMutex`]; dropping it releases the lock.
///
/// It stays on the thread that locked:
/// ```compile_fail,E0277
/// let mutex = threadlink::sync::Mutex::new(0);
/// let guard = mutex.lock().unwrap();
/// std::thread::scope(|scope| {
///     scope.spawn(move || drop(guard));
/// });
/// ```
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized> {
    lock: &'a TracingMutex<T>,
    entered: Entered,
    // parking_lot's proof of this acquisition; it also keeps the guard on its thread.
    state: ManuallyDrop<State>,
}

impl<T: ?Sized> TracingMutex<T> {
    /// Blocks until the mutex is free, and locks it until the guard is dropped.
    ///
    /// # Errors
    /// If the mutex is poisoned; the error holds the guard, the lock is held all the same.
    ///
    /// ```
    /// let mutex = threadlink::sync::Mutex::new(1);
    /// *mutex.lock().unwrap() = 2;
    /// assert_eq!(*mutex.lock().unwrap(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let state = self.raw.lock();
        // SAFETY: the lock was just acquired, with this state.
        let guard = unsafe { MutexGuard::new(self, state) };
        result(guard, self.poison.get())
    }

    /// Locks the mutex if it is free.
    ///
    /// # Errors
    /// [`TryLockError::WouldBlock`] if it isn't, [`TryLockError::Poisoned`] with the guard if it is poisoned.
    ///
    /// ```
    /// use threadlink::sync::{Mutex, TryLockError};
    ///
    /// let mutex = Mutex::new(());
    /// let guard = mutex.try_lock().unwrap();
    /// assert!(matches!(mutex.try_lock(), Err(TryLockError::WouldBlock)));
    /// drop(guard);
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let Some(state) = self.raw.try_lock() else {
            return Err(TryLockError::WouldBlock);
        };
        // SAFETY: the lock was just acquired, with this state.
        let guard = unsafe { MutexGuard::new(self, state) };
        Ok(result(guard, self.poison.get())?)
    }
}

// SAFETY: a shared guard gives out `&T` only.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// # Safety
    /// The calling thread holds the lock, and `state` is what this acquisition returned.
    #[inline]
    pub(super) unsafe fn new(lock: &'a TracingMutex<T>, state: State) -> Self {
        Self {
            lock,
            entered: lock.poison.enter(),
            state: ManuallyDrop::new(state),
        }
    }

    /// The acquisition without the data, for a guard of a part of it.
    #[inline]
    pub(super) fn into_holding(self) -> Holding<'a> {
        let mut guard = ManuallyDrop::new(self);
        Holding {
            raw: &guard.lock.raw,
            poison: &guard.lock.poison,
            entered: guard.entered,
            // SAFETY: the state is taken once: the guard's destructor, which would take it, does not run.
            state: ManuallyDrop::new(unsafe { ManuallyDrop::take(&mut guard.state) }),
        }
    }

    /// The lock that this guard holds.
    #[inline]
    pub(super) fn lock(&self) -> &'a TracingMutex<T> {
        self.lock
    }

    /// Releases the lock for a wait. The guard goes on after it: so this is no place to poison the mutex.
    pub(super) fn suspend(self) -> Suspended<'a, T> {
        let mut guard = ManuallyDrop::new(self);
        // SAFETY: the state is taken once: the guard's destructor, which would take it, does not run. The lock is
        // held with it since `new`.
        unsafe {
            let state = ManuallyDrop::take(&mut guard.state);
            guard.lock.raw.unlock(state);
        }
        Suspended {
            lock: guard.lock,
            entered: guard.entered,
        }
    }
}

/// A guard without its lock, during a wait.
pub(super) struct Suspended<'a, T: ?Sized> {
    lock: &'a TracingMutex<T>,
    entered: Entered,
}

impl<'a, T: ?Sized> Suspended<'a, T> {
    /// Locks again, as [`TracingMutex::lock`] does.
    #[track_caller]
    pub(super) fn resume(self) -> LockResult<MutexGuard<'a, T>> {
        let Self { lock, entered } = self;
        let state = ManuallyDrop::new(lock.raw.lock());
        let guard = MutexGuard { lock, entered, state };
        result(guard, lock.poison.get())
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held for as long as the guard lives.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held, and the guard is borrowed exclusively.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.poison.leave(self.entered);
        // SAFETY: the state is taken once, here; the lock is held with it since `new`.
        unsafe {
            let state = ManuallyDrop::take(&mut self.state);
            self.lock.raw.unlock(state);
        }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
