//! [`TracingMutex`]: std's mutex over the traced raw lock.

pub(super) mod guard;

use std::cell::UnsafeCell;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, TryLockError, TryLockResult};

use self::guard::MutexGuard;
use super::poison::{Flag, result};
use crate::hooks::LockName;
use crate::mutex::TracingRawMutex;
use lock_api::RawMutex as _;

/// std's `Mutex`, whose operations the host sees when the program is built with the feature `tracing`.
///
/// It is also exported as `threadlink::sync::Mutex`. Methods, poisoning and error types are those of
/// [`std::sync::Mutex`]; `#[track_caller]` on each lets reports name the line that locked.
///
/// A mutex must not be locked by the thread that holds it: that never returns (a traced run ends with a report
/// of the deadlock).
///
/// ```
/// use threadlink::sync::Mutex;
///
/// static NAMES: Mutex<Vec<&str>> = Mutex::new(Vec::new());
///
/// NAMES.lock().unwrap().push("ada");
/// assert_eq!(*NAMES.lock().unwrap(), ["ada"]);
/// ```
pub struct TracingMutex<T: ?Sized> {
    pub(crate) raw: TracingRawMutex,
    pub(super) poison: Flag,
    pub(super) data: UnsafeCell<T>,
}

// SAFETY: the data is reached by `&mut` or under the lock only, so that sharing the mutex shares `T` with one
// thread at a time, which is sending it.
unsafe impl<T: ?Sized + Send> Sync for TracingMutex<T> {}
// SAFETY: a mutex owns its data; the lock inside is no thread's.
unsafe impl<T: ?Sized + Send> Send for TracingMutex<T> {}
impl<T: ?Sized> UnwindSafe for TracingMutex<T> {}
impl<T: ?Sized> RefUnwindSafe for TracingMutex<T> {}

impl<T> TracingMutex<T> {
    /// A new mutex, unlocked.
    ///
    /// ```
    /// let mutex = threadlink::sync::Mutex::new(0);
    /// assert!(mutex.try_lock().is_ok());
    /// ```
    #[inline]
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self::made(value, LockName::NONE, false)
    }

    /// A new mutex, unlocked, that traces and reports call `name`. std has no such thing.
    ///
    /// ```
    /// use threadlink::hooks::LockName;
    /// use threadlink::sync::Mutex;
    ///
    /// let queue = Mutex::with_name(vec![1, 2], LockName::new("queue"));
    /// assert_eq!(queue.into_inner().unwrap(), [1, 2]);
    /// ```
    #[inline]
    #[track_caller]
    pub const fn with_name(value: T, name: LockName) -> Self {
        Self::made(value, name, false)
    }

    /// Of a raw mutex that is unlocked: the words in which lock_api's is made, for what makes either.
    #[doc(hidden)]
    #[inline]
    pub const fn from_raw(raw: TracingRawMutex, value: T) -> Self {
        Self {
            raw,
            poison: Flag::new(false),
            data: UnsafeCell::new(value),
        }
    }

    /// The lock that the caller's caller makes.
    #[track_caller]
    const fn made(value: T, name: LockName, poisoned: bool) -> Self {
        Self {
            raw: TracingRawMutex::with_name(name),
            poison: Flag::new(poisoned),
            data: UnsafeCell::new(value),
        }
    }

    /// Consumes the mutex and returns its data.
    ///
    /// # Errors
    /// If the mutex is poisoned; the error holds the data.
    ///
    /// ```
    /// assert_eq!(threadlink::sync::Mutex::new(7).into_inner().unwrap(), 7);
    /// ```
    pub fn into_inner(self) -> LockResult<T> {
        let poisoned = self.poison.get();
        result(self.data.into_inner(), poisoned)
    }
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

    /// Whether a thread panicked while it held the mutex. Another thread may change that at any time.
    ///
    /// ```
    /// assert!(!threadlink::sync::Mutex::new(()).is_poisoned());
    /// ```
    #[inline]
    pub fn is_poisoned(&self) -> bool {
        self.poison.get()
    }

    /// Forgets that a thread panicked while it held the mutex.
    ///
    /// ```
    /// # use threadlink::sync::Mutex;
    /// let mutex = Mutex::new(0);
    /// let _ = std::panic::catch_unwind(|| {
    ///     let _guard = mutex.lock();
    ///     panic!();
    /// });
    /// assert!(mutex.is_poisoned());
    /// mutex.clear_poison();
    /// assert!(mutex.lock().is_ok());
    /// ```
    #[inline]
    pub fn clear_poison(&self) {
        self.poison.clear();
    }

    /// The data, without locking: the exclusive borrow proves that no one else is there.
    ///
    /// # Errors
    /// If the mutex is poisoned; the error holds the reference.
    ///
    /// ```
    /// let mut mutex = threadlink::sync::Mutex::new(1);
    /// *mutex.get_mut().unwrap() += 1;
    /// assert_eq!(mutex.into_inner().unwrap(), 2);
    /// ```
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.poison.get();
        result(self.data.get_mut(), poisoned)
    }
}

impl<T> From<T> for TracingMutex<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// What makes `std::sync::Mutex::new(..).into()` work where a traced mutex is expected.
impl<T> From<std::sync::Mutex<T>> for TracingMutex<T> {
    /// Takes the data over, and the poison.
    #[track_caller]
    fn from(mutex: std::sync::Mutex<T>) -> Self {
        match mutex.into_inner() {
            Ok(value) => Self::new(value),
            Err(poisoned) => Self::made(poisoned.into_inner(), LockName::NONE, true),
        }
    }
}

impl<T: Default> Default for TracingMutex<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for TracingMutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(guard) => out.field("data", &&*guard),
            Err(TryLockError::Poisoned(error)) => out.field("data", &&**error.get_ref()),
            Err(TryLockError::WouldBlock) => out.field("data", &"<locked>"),
        };
        out.field("poisoned", &self.is_poisoned()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn excludes() {
        let mutex = Arc::new(TracingMutex::new(0_u64));
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let mutex = Arc::clone(&mutex);
                std::thread::spawn(move || {
                    for _ in 0..10_000 {
                        *mutex.lock().unwrap() += 1;
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.join().unwrap();
        }
        assert_eq!(*mutex.lock().unwrap(), 40_000);
    }

    #[test]
    fn a_panic_poisons_and_the_data_stays_reachable() {
        let mutex = Arc::new(TracingMutex::new(1));
        let theirs = Arc::clone(&mutex);
        std::thread::spawn(move || {
            *theirs.lock().unwrap() = 2;
            let _guard = theirs.lock().unwrap();
            panic!("while held");
        })
        .join()
        .unwrap_err();
        assert!(mutex.is_poisoned());
        assert!(matches!(mutex.try_lock(), Err(TryLockError::Poisoned(_))));
        assert_eq!(*mutex.lock().unwrap_err().into_inner(), 2);
        assert_eq!(format!("{mutex:?}"), "Mutex { data: 2, poisoned: true, .. }");
        let mut mutex = Arc::into_inner(mutex).unwrap();
        assert_eq!(**mutex.get_mut().unwrap_err().get_ref(), 2);
        assert_eq!(mutex.into_inner().unwrap_err().into_inner(), 2);
    }

    #[test]
    fn stds_mutex_converts_with_its_poison() {
        let clean: TracingMutex<i32> = TracingMutex::from(std::sync::Mutex::new(3));
        assert_eq!(*clean.lock().unwrap(), 3);
        let theirs = Arc::new(std::sync::Mutex::new(4));
        let clone = Arc::clone(&theirs);
        std::thread::spawn(move || {
            let _guard = clone.lock();
            panic!("while held");
        })
        .join()
        .unwrap_err();
        let poisoned: TracingMutex<i32> = TracingMutex::from(Arc::into_inner(theirs).unwrap());
        assert_eq!(*poisoned.lock().unwrap_err().into_inner(), 4);
    }

    #[test]
    fn debug_reads_like_stds_and_never_blocks() {
        let (ours, stds) = (TracingMutex::new("x"), std::sync::Mutex::new("x"));
        assert_eq!(format!("{ours:?} {ours:#?}"), format!("{stds:?} {stds:#?}"));
        let (guard, theirs) = (ours.lock().unwrap(), stds.lock().unwrap());
        assert_eq!(format!("{ours:?}"), format!("{stds:?}"));
        assert_eq!(format!("{guard} {guard:?}"), format!("{theirs} {theirs:?}"));
    }

    #[test]
    fn an_unsized_mutex_coerces() {
        let mutex: Box<TracingMutex<[u8]>> = Box::new(TracingMutex::new([1, 2, 3]));
        assert_eq!(mutex.lock().unwrap().len(), 3);
    }
}
