//! [`MutexGuard`]: the lock is held until it is dropped.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::LockResult;

use super::TracingMutex;
use crate::mutex::TracingRawMutex;
use crate::sync::poison::{Entered, result};
use lock_api::RawMutex;

pub(in crate::sync) type State = <TracingRawMutex as RawMutex>::Guard;

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

// SAFETY: a shared guard gives out `&T` only.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// # Safety
    /// The calling thread holds the lock, and `state` is what this acquisition returned.
    #[inline]
    pub(in crate::sync) unsafe fn new(lock: &'a TracingMutex<T>, state: State) -> Self {
        Self {
            lock,
            entered: lock.poison.enter(),
            state: ManuallyDrop::new(state),
        }
    }

    /// The lock, and what releases it: from here on that is the caller's task.
    #[inline]
    pub(in crate::sync) fn into_parts(self) -> (&'a TracingMutex<T>, Entered, State) {
        let mut guard = ManuallyDrop::new(self);
        // SAFETY: the state is taken once: the guard's destructor, which would take it, does not run.
        let state = unsafe { ManuallyDrop::take(&mut guard.state) };
        (guard.lock, guard.entered, state)
    }

    /// The lock that this guard holds.
    #[inline]
    pub(in crate::sync) fn lock(&self) -> &'a TracingMutex<T> {
        self.lock
    }

    /// Releases the lock for a wait. The guard goes on after it: so this is no place to poison the mutex.
    pub(in crate::sync) fn suspend(self) -> Suspended<'a, T> {
        let (lock, entered, state) = self.into_parts();
        // SAFETY: the lock is held with this state since `new`.
        unsafe { lock.raw.unlock(state) };
        Suspended { lock, entered }
    }
}

/// A guard without its lock, during a wait.
pub(in crate::sync) struct Suspended<'a, T: ?Sized> {
    lock: &'a TracingMutex<T>,
    entered: Entered,
}

impl<'a, T: ?Sized> Suspended<'a, T> {
    /// Locks again, as [`TracingMutex::lock`] does.
    #[track_caller]
    pub(in crate::sync) fn resume(self) -> LockResult<MutexGuard<'a, T>> {
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
