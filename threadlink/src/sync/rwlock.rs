//! [`TracingRwLock`]: std's read-write lock over the traced raw lock.

pub(super) mod guard;

use std::cell::UnsafeCell;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, TryLockError, TryLockResult};

use self::guard::{RwLockReadGuard, RwLockWriteGuard};
use super::poison::{Flag, result};
use crate::hooks::LockName;
use crate::rwlock::TracingRawRwLock;
use lock_api::RawRwLock as _;

/// std's `RwLock`, whose operations the host sees when the program is built with the feature `tracing`.
///
/// It is also exported as `threadlink::sync::RwLock`. Methods, poisoning and error types are those of
/// [`std::sync::RwLock`]; `#[track_caller]` on each lets reports name the line that locked.
///
/// Many threads can read at once, or one can write. A writer that waits goes before readers that come later, so a
/// thread that reads must not ask to read again: with a writer between the two requests, all three would wait for
/// ever.
///
/// ```
/// use threadlink::sync::RwLock;
///
/// static NAMES: RwLock<Vec<&str>> = RwLock::new(Vec::new());
///
/// NAMES.write().unwrap().push("ada");
/// let names = NAMES.read().unwrap();
/// assert_eq!(*names, ["ada"]);
/// assert!(NAMES.try_write().is_err());
/// ```
pub struct TracingRwLock<T: ?Sized> {
    pub(crate) raw: TracingRawRwLock,
    pub(super) poison: Flag,
    pub(super) data: UnsafeCell<T>,
}

// SAFETY: a read-write lock owns its data; the lock inside is no thread's.
unsafe impl<T: ?Sized + Send> Send for TracingRwLock<T> {}
// SAFETY: the data is reached by `&mut`, by one thread that writes, or by many that read: the first two are
// sending `T`, the last is sharing it.
unsafe impl<T: ?Sized + Send + Sync> Sync for TracingRwLock<T> {}
impl<T: ?Sized> UnwindSafe for TracingRwLock<T> {}
impl<T: ?Sized> RefUnwindSafe for TracingRwLock<T> {}

impl<T> TracingRwLock<T> {
    /// A new lock, which nobody holds.
    ///
    /// ```
    /// let lock = threadlink::sync::RwLock::new(0);
    /// assert!(lock.try_write().is_ok());
    /// ```
    #[inline]
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self::made(value, LockName::NONE, false)
    }

    /// A new lock, unlocked, that traces and reports call `name`. std has no such thing.
    ///
    /// ```
    /// use threadlink::hooks::LockName;
    /// use threadlink::sync::RwLock;
    ///
    /// let queue = RwLock::with_name(vec![1, 2], LockName::new("queue"));
    /// assert_eq!(queue.into_inner().unwrap(), [1, 2]);
    /// ```
    #[inline]
    #[track_caller]
    pub const fn with_name(value: T, name: LockName) -> Self {
        Self::made(value, name, false)
    }

    /// Of a raw lock that is unlocked: the words in which lock_api's is made, for what makes either.
    #[doc(hidden)]
    #[inline]
    pub const fn from_raw(raw: TracingRawRwLock, value: T) -> Self {
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
            raw: TracingRawRwLock::with_name(name),
            poison: Flag::new(poisoned),
            data: UnsafeCell::new(value),
        }
    }

    /// Consumes the lock and returns its data.
    ///
    /// # Errors
    /// If the lock is poisoned; the error holds the data.
    ///
    /// ```
    /// assert_eq!(threadlink::sync::RwLock::new(7).into_inner().unwrap(), 7);
    /// ```
    pub fn into_inner(self) -> LockResult<T> {
        let poisoned = self.poison.get();
        result(self.data.into_inner(), poisoned)
    }
}

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

    /// Whether a thread panicked while it held the lock for writing. Another thread may change that at any time.
    ///
    /// ```
    /// assert!(!threadlink::sync::RwLock::new(()).is_poisoned());
    /// ```
    #[inline]
    pub fn is_poisoned(&self) -> bool {
        self.poison.get()
    }

    /// Forgets that a thread panicked while it held the lock for writing.
    ///
    /// ```
    /// # use threadlink::sync::RwLock;
    /// let lock = RwLock::new(0);
    /// let _ = std::panic::catch_unwind(|| {
    ///     let _guard = lock.write();
    ///     panic!();
    /// });
    /// assert!(lock.is_poisoned());
    /// lock.clear_poison();
    /// assert!(lock.read().is_ok());
    /// ```
    #[inline]
    pub fn clear_poison(&self) {
        self.poison.clear();
    }

    /// The data, without locking: the exclusive borrow proves that no one else is there.
    ///
    /// # Errors
    /// If the lock is poisoned; the error holds the reference.
    ///
    /// ```
    /// let mut lock = threadlink::sync::RwLock::new(1);
    /// *lock.get_mut().unwrap() += 1;
    /// assert_eq!(lock.into_inner().unwrap(), 2);
    /// ```
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.poison.get();
        result(self.data.get_mut(), poisoned)
    }
}

impl<T> From<T> for TracingRwLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// What makes `std::sync::RwLock::new(..).into()` work where a traced lock is expected.
impl<T> From<std::sync::RwLock<T>> for TracingRwLock<T> {
    /// Takes the data over, and the poison.
    #[track_caller]
    fn from(lock: std::sync::RwLock<T>) -> Self {
        match lock.into_inner() {
            Ok(value) => Self::new(value),
            Err(poisoned) => Self::made(poisoned.into_inner(), LockName::NONE, true),
        }
    }
}

impl<T: Default> Default for TracingRwLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for TracingRwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(guard) => out.field("data", &&*guard),
            Err(TryLockError::Poisoned(error)) => out.field("data", &&**error.get_ref()),
            Err(TryLockError::WouldBlock) => out.field("data", &format_args!("<locked>")),
        };
        out.field("poisoned", &self.is_poisoned()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Barrier};

    fn poisoned(lock: &Arc<TracingRwLock<i32>>) {
        let theirs = Arc::clone(lock);
        std::thread::spawn(move || {
            let _guard = theirs.write();
            panic!("while written");
        })
        .join()
        .unwrap_err();
    }

    #[test]
    fn readers_are_together_and_writers_alone() {
        let lock = TracingRwLock::new(0_u64);
        let together = Barrier::new(3);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let guard = lock.read().unwrap();
                    // Passed only if all three hold the lock at once.
                    together.wait();
                    assert!(lock.try_write().is_err());
                    together.wait();
                    drop(guard);
                    for _ in 0..5_000 {
                        *lock.write().unwrap() += 1;
                        let before = *lock.read().unwrap();
                        assert!(before >= 1);
                    }
                });
            }
        });
        assert_eq!(lock.into_inner().unwrap(), 15_000);
    }

    #[test]
    fn a_writers_panic_poisons_and_the_data_stays_reachable() {
        let lock = Arc::new(TracingRwLock::new(1));
        poisoned(&lock);
        assert!(lock.is_poisoned());
        assert!(matches!(lock.try_read(), Err(TryLockError::Poisoned(_))));
        assert!(matches!(lock.try_write(), Err(TryLockError::Poisoned(_))));
        assert_eq!(*lock.read().unwrap_err().into_inner(), 1);
        *lock.write().unwrap_err().into_inner() = 2;
        assert_eq!(format!("{lock:?}"), "RwLock { data: 2, poisoned: true, .. }");
        let mut lock = Arc::into_inner(lock).unwrap();
        assert_eq!(**lock.get_mut().unwrap_err().get_ref(), 2);
        assert_eq!(lock.into_inner().unwrap_err().into_inner(), 2);
    }

    #[test]
    fn a_readers_panic_poisons_nothing() {
        let lock = Arc::new(TracingRwLock::new(1));
        let theirs = Arc::clone(&lock);
        std::thread::spawn(move || {
            let _guard = theirs.read();
            panic!("while read");
        })
        .join()
        .unwrap_err();
        assert!(!lock.is_poisoned());
        assert!(lock.try_write().is_ok());
    }

    #[test]
    fn a_panic_after_a_downgrade_poisons_nothing() {
        let lock = Arc::new(TracingRwLock::new(1));
        let theirs = Arc::clone(&lock);
        std::thread::spawn(move || {
            let _guard = RwLockWriteGuard::downgrade(theirs.write().unwrap());
            panic!("while read");
        })
        .join()
        .unwrap_err();
        assert!(!lock.is_poisoned());
        assert!(lock.try_write().is_ok());
    }

    #[test]
    fn a_downgrade_lets_readers_in_and_no_writer_between() {
        const WRITERS: usize = 4;
        let lock = TracingRwLock::new(0);
        let start = Barrier::new(WRITERS + 1);
        std::thread::scope(|scope| {
            let guard = lock.write().unwrap();
            for _ in 0..WRITERS {
                scope.spawn(|| {
                    start.wait();
                    for _ in 0..500 {
                        let mut guard = lock.write().unwrap();
                        *guard += 1;
                        let written = *guard;
                        let guard = RwLockWriteGuard::downgrade(guard);
                        assert_eq!(*guard, written);
                    }
                });
            }
            start.wait();
            let guard = RwLockWriteGuard::downgrade(guard);
            assert_eq!(*guard, 0);
        });
        assert_eq!(lock.into_inner().unwrap(), WRITERS * 500);
    }

    #[test]
    fn debug_reads_like_stds_and_never_blocks() {
        let (ours, stds) = (TracingRwLock::new("x"), std::sync::RwLock::new("x"));
        assert_eq!(format!("{ours:?}"), format!("{stds:?}"));
        {
            let (_ours, _stds) = (ours.read().unwrap(), stds.read().unwrap());
            assert_eq!(format!("{ours:#?}"), format!("{stds:#?}"));
        }
        let (guard, theirs) = (ours.write().unwrap(), stds.write().unwrap());
        assert_eq!(format!("{ours:?}"), format!("{stds:?}"));
        assert_eq!(format!("{guard} {guard:?}"), format!("{theirs} {theirs:?}"));
    }

    #[test]
    fn stds_lock_converts_with_its_poison() {
        let clean: TracingRwLock<i32> = TracingRwLock::from(std::sync::RwLock::new(3));
        assert_eq!(*clean.read().unwrap(), 3);
        let theirs = Arc::new(std::sync::RwLock::new(4));
        let clone = Arc::clone(&theirs);
        std::thread::spawn(move || {
            let _guard = clone.write();
            panic!("while written");
        })
        .join()
        .unwrap_err();
        let poisoned: TracingRwLock<i32> = TracingRwLock::from(Arc::into_inner(theirs).unwrap());
        assert_eq!(*poisoned.read().unwrap_err().into_inner(), 4);
    }

    #[test]
    fn an_unsized_lock_coerces() {
        let lock: &TracingRwLock<[u8]> = &TracingRwLock::new([1, 2, 3]);
        lock.write().unwrap()[1] = 5;
        assert_eq!(*lock.read().unwrap(), [1, 5, 3]);
    }

    #[test]
    fn a_lock_taken_in_a_destructor_while_unwinding_is_not_poisoned() {
        struct Adds<'a>(&'a TracingRwLock<i32>);
        impl Drop for Adds<'_> {
            fn drop(&mut self) {
                *self.0.write().unwrap() += 1;
            }
        }
        let lock = TracingRwLock::new(1);
        let ended = std::panic::catch_unwind(|| {
            let _adds = Adds(&lock);
            panic!("unwinds");
        });
        assert!(ended.is_err());
        assert_eq!(*lock.read().unwrap(), 2);
    }
}
