//! Guards of a part of the data: [`MappedMutexGuard`], [`MappedRwLockReadGuard`], [`MappedRwLockWriteGuard`].
//!
//! std has them behind its unstable feature `mapped_lock_guards`; what that promises may change, and these with it.

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use super::mutex::guard::{MutexGuard, State};
use super::poison::{Entered, Flag};
use super::rwlock::guard::{ExclusiveState, Reading, RwLockReadGuard, RwLockWriteGuard};
use crate::mutex::TracingRawMutex;
use crate::rwlock::TracingRawRwLock;
use lock_api::{RawMutex as _, RawRwLock as _};

/// A mutex is held until this is dropped.
struct Holding<'a> {
    raw: &'a TracingRawMutex,
    poison: &'a Flag,
    entered: Entered,
    // The state of an acquisition of `raw` that nobody else will release.
    state: ManuallyDrop<State>,
}

impl<'a> Holding<'a> {
    /// What a guard holds, without the data.
    #[inline]
    fn of<T: ?Sized>(guard: MutexGuard<'a, T>) -> Self {
        let (lock, entered, state) = guard.into_parts();
        Self {
            raw: &lock.raw,
            poison: &lock.poison,
            entered,
            state: ManuallyDrop::new(state),
        }
    }
}

impl Drop for Holding<'_> {
    #[inline]
    fn drop(&mut self) {
        self.poison.leave(self.entered);
        // SAFETY: the state is taken once, here; whoever made this held the lock with it.
        unsafe {
            let state = ManuallyDrop::take(&mut self.state);
            self.raw.unlock(state);
        }
    }
}

/// A read-write lock is held for writing until this is dropped.
struct Writing<'a> {
    raw: &'a TracingRawRwLock,
    poison: &'a Flag,
    entered: Entered,
    // As in `Holding`.
    state: ManuallyDrop<ExclusiveState>,
}

impl<'a> Writing<'a> {
    /// What a guard holds, without the data.
    #[inline]
    fn of<T: ?Sized>(guard: RwLockWriteGuard<'a, T>) -> Self {
        let (lock, entered, state) = guard.into_parts();
        Self {
            raw: &lock.raw,
            poison: &lock.poison,
            entered,
            state: ManuallyDrop::new(state),
        }
    }
}

impl Drop for Writing<'_> {
    #[inline]
    fn drop(&mut self) {
        self.poison.leave(self.entered);
        // SAFETY: the state is taken once, here; whoever made this held the lock with it.
        unsafe {
            let state = ManuallyDrop::take(&mut self.state);
            self.raw.unlock_exclusive(state);
        }
    }
}

/// Exclusive access to a part of the data of a locked mutex; dropping it releases the lock.
///
/// [`MutexGuard::map`] makes it. Unstable in std (`mapped_lock_guards`).
///
/// ```
/// use threadlink::sync::{MappedMutexGuard, Mutex, MutexGuard};
///
/// fn first<'a>(pair: MutexGuard<'a, (u32, u32)>) -> MappedMutexGuard<'a, u32> {
///     MutexGuard::map(pair, |pair| &mut pair.0)
/// }
/// let pair = Mutex::new((1, 2));
/// assert_eq!(*first(pair.lock().unwrap()), 1);
/// ```
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MappedMutexGuard<'a, T: ?Sized> {
    // No reference, which would claim the data beyond the release of the lock.
    data: NonNull<T>,
    holding: Holding<'a>,
    invariant: PhantomData<&'a mut T>,
}

// SAFETY: a shared guard gives out `&T` only.
unsafe impl<T: ?Sized + Sync> Sync for MappedMutexGuard<'_, T> {}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// A guard of a part of the data, in place of the guard of all of it.
    ///
    /// Unstable in std (`mapped_lock_guards`). If `f` panics, the mutex is released, and poisoned.
    ///
    /// ```
    /// use threadlink::sync::{Mutex, MutexGuard};
    ///
    /// let pair = Mutex::new((1, 2));
    /// *MutexGuard::map(pair.lock().unwrap(), |pair| &mut pair.1) = 3;
    /// assert_eq!(*pair.lock().unwrap(), (1, 3));
    /// ```
    pub fn map<U: ?Sized, F>(mut orig: Self, f: F) -> MappedMutexGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        MappedMutexGuard {
            data: NonNull::from(f(&mut *orig)),
            holding: Holding::of(orig),
            invariant: PhantomData,
        }
    }

    /// Like [`map`](Self::map), if there is such a part.
    ///
    /// Unstable in std (`mapped_lock_guards`). If `f` panics, the mutex is released, and poisoned.
    ///
    /// # Errors
    /// The guard itself, if `f` says `None`.
    ///
    /// ```
    /// use threadlink::sync::{Mutex, MutexGuard};
    ///
    /// let list = Mutex::new(vec![1]);
    /// let guard = MutexGuard::filter_map(list.lock().unwrap(), |list| list.get_mut(1)).unwrap_err();
    /// assert_eq!(*MutexGuard::filter_map(guard, |list| list.get_mut(0)).unwrap(), 1);
    /// ```
    pub fn filter_map<U: ?Sized, F>(mut orig: Self, f: F) -> Result<MappedMutexGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match f(&mut *orig).map(NonNull::from) {
            Some(data) => Ok(MappedMutexGuard {
                data,
                holding: Holding::of(orig),
                invariant: PhantomData,
            }),
            None => Err(orig),
        }
    }
}

impl<'a, T: ?Sized> MappedMutexGuard<'a, T> {
    /// A guard of a part of the part. Unstable in std (`mapped_lock_guards`).
    ///
    /// ```
    /// use threadlink::sync::{MappedMutexGuard, Mutex, MutexGuard};
    ///
    /// let nested = Mutex::new(((1, 2), 3));
    /// let pair = MutexGuard::map(nested.lock().unwrap(), |nested| &mut nested.0);
    /// assert_eq!(*MappedMutexGuard::map(pair, |pair| &mut pair.1), 2);
    /// ```
    pub fn map<U: ?Sized, F>(mut orig: Self, f: F) -> MappedMutexGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        MappedMutexGuard {
            data: NonNull::from(f(&mut *orig)),
            holding: orig.holding,
            invariant: PhantomData,
        }
    }

    /// Like [`map`](Self::map), if there is such a part. Unstable in std (`mapped_lock_guards`).
    ///
    /// # Errors
    /// The guard itself, if `f` says `None`.
    ///
    /// ```
    /// use threadlink::sync::{MappedMutexGuard, Mutex, MutexGuard};
    ///
    /// let nested = Mutex::new((vec![1], 2));
    /// let list = MutexGuard::map(nested.lock().unwrap(), |nested| &mut nested.0);
    /// let first = MappedMutexGuard::filter_map(list, |list| list.first_mut()).unwrap();
    /// assert_eq!(*first, 1);
    /// ```
    pub fn filter_map<U: ?Sized, F>(mut orig: Self, f: F) -> Result<MappedMutexGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match f(&mut *orig).map(NonNull::from) {
            Some(data) => Ok(MappedMutexGuard {
                data,
                holding: orig.holding,
                invariant: PhantomData,
            }),
            None => Err(orig),
        }
    }
}

/// Shared access to a part of the data of a read-write lock; dropping it releases the lock.
///
/// [`RwLockReadGuard::map`] makes it. Unstable in std (`mapped_lock_guards`).
///
/// ```
/// use threadlink::sync::{MappedRwLockReadGuard, RwLock, RwLockReadGuard};
///
/// fn first<'a>(pair: RwLockReadGuard<'a, (u32, u32)>) -> MappedRwLockReadGuard<'a, u32> {
///     RwLockReadGuard::map(pair, |pair| &pair.0)
/// }
/// let pair = RwLock::new((1, 2));
/// assert_eq!(*first(pair.read().unwrap()), 1);
/// ```
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct MappedRwLockReadGuard<'a, T: ?Sized> {
    data: NonNull<T>,
    reading: Reading<'a>,
}

// SAFETY: a shared guard gives out `&T` only.
unsafe impl<T: ?Sized + Sync> Sync for MappedRwLockReadGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    /// A guard of a part of the data, in place of the guard of all of it.
    ///
    /// Unstable in std (`mapped_lock_guards`). If `f` panics, the lock is released, and not poisoned.
    ///
    /// ```
    /// use threadlink::sync::{RwLock, RwLockReadGuard};
    ///
    /// let pair = RwLock::new((1, 2));
    /// assert_eq!(*RwLockReadGuard::map(pair.read().unwrap(), |pair| &pair.1), 2);
    /// ```
    pub fn map<U: ?Sized, F>(orig: Self, f: F) -> MappedRwLockReadGuard<'a, U>
    where
        F: FnOnce(&T) -> &U,
    {
        MappedRwLockReadGuard {
            data: NonNull::from(f(&*orig)),
            reading: orig.reading,
        }
    }

    /// Like [`map`](Self::map), if there is such a part.
    ///
    /// Unstable in std (`mapped_lock_guards`). If `f` panics, the lock is released, and not poisoned.
    ///
    /// # Errors
    /// The guard itself, if `f` says `None`.
    ///
    /// ```
    /// use threadlink::sync::{RwLock, RwLockReadGuard};
    ///
    /// let list = RwLock::new(vec![1]);
    /// let guard = RwLockReadGuard::filter_map(list.read().unwrap(), |list| list.get(1)).unwrap_err();
    /// assert_eq!(guard.len(), 1);
    /// ```
    pub fn filter_map<U: ?Sized, F>(orig: Self, f: F) -> Result<MappedRwLockReadGuard<'a, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        match f(&*orig).map(NonNull::from) {
            Some(data) => Ok(MappedRwLockReadGuard {
                data,
                reading: orig.reading,
            }),
            None => Err(orig),
        }
    }
}

impl<'a, T: ?Sized> MappedRwLockReadGuard<'a, T> {
    /// A guard of a part of the part. Unstable in std (`mapped_lock_guards`).
    ///
    /// ```
    /// use threadlink::sync::{MappedRwLockReadGuard, RwLock, RwLockReadGuard};
    ///
    /// let nested = RwLock::new(((1, 2), 3));
    /// let pair = RwLockReadGuard::map(nested.read().unwrap(), |nested| &nested.0);
    /// assert_eq!(*MappedRwLockReadGuard::map(pair, |pair| &pair.1), 2);
    /// ```
    pub fn map<U: ?Sized, F>(orig: Self, f: F) -> MappedRwLockReadGuard<'a, U>
    where
        F: FnOnce(&T) -> &U,
    {
        MappedRwLockReadGuard {
            data: NonNull::from(f(&*orig)),
            reading: orig.reading,
        }
    }

    /// Like [`map`](Self::map), if there is such a part. Unstable in std (`mapped_lock_guards`).
    ///
    /// # Errors
    /// The guard itself, if `f` says `None`.
    ///
    /// ```
    /// use threadlink::sync::{MappedRwLockReadGuard, RwLock, RwLockReadGuard};
    ///
    /// let nested = RwLock::new((vec![1], 2));
    /// let list = RwLockReadGuard::map(nested.read().unwrap(), |nested| &nested.0);
    /// let first = MappedRwLockReadGuard::filter_map(list, |list| list.first()).unwrap();
    /// assert_eq!(*first, 1);
    /// ```
    pub fn filter_map<U: ?Sized, F>(orig: Self, f: F) -> Result<MappedRwLockReadGuard<'a, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        match f(&*orig).map(NonNull::from) {
            Some(data) => Ok(MappedRwLockReadGuard {
                data,
                reading: orig.reading,
            }),
            None => Err(orig),
        }
    }
}

/// Exclusive access to a part of the data of a read-write lock; dropping it releases the lock.
///
/// [`RwLockWriteGuard::map`] makes it. Unstable in std (`mapped_lock_guards`).
///
/// ```
/// use threadlink::sync::{MappedRwLockWriteGuard, RwLock, RwLockWriteGuard};
///
/// fn first<'a>(pair: RwLockWriteGuard<'a, (u32, u32)>) -> MappedRwLockWriteGuard<'a, u32> {
///     RwLockWriteGuard::map(pair, |pair| &mut pair.0)
/// }
/// let pair = RwLock::new((1, 2));
/// assert_eq!(*first(pair.write().unwrap()), 1);
/// ```
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct MappedRwLockWriteGuard<'a, T: ?Sized> {
    data: NonNull<T>,
    writing: Writing<'a>,
    invariant: PhantomData<&'a mut T>,
}

// SAFETY: a shared guard gives out `&T` only.
unsafe impl<T: ?Sized + Sync> Sync for MappedRwLockWriteGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// A guard of a part of the data, in place of the guard of all of it.
    ///
    /// Unstable in std (`mapped_lock_guards`). If `f` panics, the lock is released, and poisoned.
    ///
    /// ```
    /// use threadlink::sync::{RwLock, RwLockWriteGuard};
    ///
    /// let pair = RwLock::new((1, 2));
    /// *RwLockWriteGuard::map(pair.write().unwrap(), |pair| &mut pair.1) = 3;
    /// assert_eq!(*pair.read().unwrap(), (1, 3));
    /// ```
    pub fn map<U: ?Sized, F>(mut orig: Self, f: F) -> MappedRwLockWriteGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        MappedRwLockWriteGuard {
            data: NonNull::from(f(&mut *orig)),
            writing: Writing::of(orig),
            invariant: PhantomData,
        }
    }

    /// Like [`map`](Self::map), if there is such a part.
    ///
    /// Unstable in std (`mapped_lock_guards`). If `f` panics, the lock is released, and poisoned.
    ///
    /// # Errors
    /// The guard itself, if `f` says `None`.
    ///
    /// ```
    /// use threadlink::sync::{RwLock, RwLockWriteGuard};
    ///
    /// let list = RwLock::new(vec![1]);
    /// let guard = RwLockWriteGuard::filter_map(list.write().unwrap(), |list| list.get_mut(1)).unwrap_err();
    /// assert_eq!(guard.len(), 1);
    /// ```
    pub fn filter_map<U: ?Sized, F>(mut orig: Self, f: F) -> Result<MappedRwLockWriteGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match f(&mut *orig).map(NonNull::from) {
            Some(data) => Ok(MappedRwLockWriteGuard {
                data,
                writing: Writing::of(orig),
                invariant: PhantomData,
            }),
            None => Err(orig),
        }
    }
}

impl<'a, T: ?Sized> MappedRwLockWriteGuard<'a, T> {
    /// A guard of a part of the part. Unstable in std (`mapped_lock_guards`).
    ///
    /// ```
    /// use threadlink::sync::{MappedRwLockWriteGuard, RwLock, RwLockWriteGuard};
    ///
    /// let nested = RwLock::new(((1, 2), 3));
    /// let pair = RwLockWriteGuard::map(nested.write().unwrap(), |nested| &mut nested.0);
    /// assert_eq!(*MappedRwLockWriteGuard::map(pair, |pair| &mut pair.1), 2);
    /// ```
    pub fn map<U: ?Sized, F>(mut orig: Self, f: F) -> MappedRwLockWriteGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        MappedRwLockWriteGuard {
            data: NonNull::from(f(&mut *orig)),
            writing: orig.writing,
            invariant: PhantomData,
        }
    }

    /// Like [`map`](Self::map), if there is such a part. Unstable in std (`mapped_lock_guards`).
    ///
    /// # Errors
    /// The guard itself, if `f` says `None`.
    ///
    /// ```
    /// use threadlink::sync::{MappedRwLockWriteGuard, RwLock, RwLockWriteGuard};
    ///
    /// let nested = RwLock::new((vec![1], 2));
    /// let list = RwLockWriteGuard::map(nested.write().unwrap(), |nested| &mut nested.0);
    /// let first = MappedRwLockWriteGuard::filter_map(list, |list| list.first_mut()).unwrap();
    /// assert_eq!(*first, 1);
    /// ```
    pub fn filter_map<U: ?Sized, F>(mut orig: Self, f: F) -> Result<MappedRwLockWriteGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match f(&mut *orig).map(NonNull::from) {
            Some(data) => Ok(MappedRwLockWriteGuard {
                data,
                writing: orig.writing,
                invariant: PhantomData,
            }),
            None => Err(orig),
        }
    }
}

macro_rules! reads_its_part {
    ($guard:ident) => {
        impl<T: ?Sized> Deref for $guard<'_, T> {
            type Target = T;

            #[inline]
            fn deref(&self) -> &T {
                // SAFETY: the part was borrowed from the data under the lock, which is held as long as the guard
                // lives.
                unsafe { self.data.as_ref() }
            }
        }

        impl<T: ?Sized + fmt::Debug> fmt::Debug for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + fmt::Display> fmt::Display for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}

macro_rules! writes_its_part {
    ($guard:ident) => {
        impl<T: ?Sized> DerefMut for $guard<'_, T> {
            #[inline]
            fn deref_mut(&mut self) -> &mut T {
                // SAFETY: as for reading; the lock is held exclusively, and so is the guard borrowed.
                unsafe { self.data.as_mut() }
            }
        }
    };
}

reads_its_part!(MappedMutexGuard);
reads_its_part!(MappedRwLockReadGuard);
reads_its_part!(MappedRwLockWriteGuard);
writes_its_part!(MappedMutexGuard);
writes_its_part!(MappedRwLockWriteGuard);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::{Mutex, RwLock};
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn a_part_of_a_part_is_written_and_the_lock_is_free_afterwards() {
        let mut mutex = Mutex::new([0; 4]);
        let guard = MutexGuard::map(mutex.lock().unwrap(), |all| &mut all[..2]);
        assert!(mutex.try_lock().is_err());
        let mut guard = MappedMutexGuard::map(guard, |half| &mut half[1..]);
        guard[0] = 42;
        assert_eq!(format!("{guard:?}"), "[42]");
        drop(guard);
        assert_eq!(*mutex.get_mut().unwrap(), [0, 42, 0, 0]);
        assert!(mutex.try_lock().is_ok());

        let mut lock = RwLock::new([0; 4]);
        let guard = RwLockWriteGuard::map(lock.write().unwrap(), |all| &mut all[..2]);
        assert!(lock.try_read().is_err());
        let mut guard = MappedRwLockWriteGuard::map(guard, |half| &mut half[1..]);
        guard[0] = 42;
        drop(guard);
        assert_eq!(*lock.get_mut().unwrap(), [0, 42, 0, 0]);
        let guard = RwLockReadGuard::map(lock.read().unwrap(), |all| &all[..2]);
        assert!(lock.try_write().is_err());
        let guard = MappedRwLockReadGuard::map(guard, |half| &half[1..]);
        assert_eq!(*guard, [42]);
        drop(guard);
        assert!(lock.try_write().is_ok());
    }

    #[test]
    fn a_filter_that_says_no_gives_the_guard_back() {
        let mutex = Mutex::new(vec![1]);
        let guard = MutexGuard::filter_map(mutex.lock().unwrap(), |list| list.get_mut(0)).unwrap();
        let guard = MappedMutexGuard::filter_map(guard, |_| None::<&mut ()>).unwrap_err();
        assert_eq!(*guard, 1);
        drop(guard);
        let lock = RwLock::new(vec![1]);
        let guard = RwLockReadGuard::filter_map(lock.read().unwrap(), |list| list.get(1)).unwrap_err();
        let guard = RwLockReadGuard::filter_map(guard, |list| list.first()).unwrap();
        assert_eq!(
            *MappedRwLockReadGuard::filter_map(guard, |_| None::<&()>).unwrap_err(),
            1
        );
        let guard = RwLockWriteGuard::filter_map(lock.write().unwrap(), |list| list.get_mut(1)).unwrap_err();
        let guard = RwLockWriteGuard::filter_map(guard, |list| list.get_mut(0)).unwrap();
        assert_eq!(
            *MappedRwLockWriteGuard::filter_map(guard, |_| None::<&mut ()>).unwrap_err(),
            1
        );
        assert!(mutex.try_lock().is_ok() && lock.try_write().is_ok());
    }

    #[test]
    fn a_panic_in_the_closure_releases_and_poisons_like_any_other() {
        fn panics(body: impl FnOnce()) {
            assert!(catch_unwind(AssertUnwindSafe(body)).is_err());
        }
        let mutex = Mutex::new(1);
        panics(|| {
            drop(MutexGuard::map(mutex.lock().unwrap(), |_| -> &mut () {
                panic!()
            }));
        });
        assert!(mutex.is_poisoned());
        mutex.clear_poison();
        panics(|| {
            let guard = MutexGuard::map(mutex.lock().unwrap(), |n| n);
            drop(MappedMutexGuard::map(guard, |_| -> &mut () { panic!() }));
        });
        assert!(mutex.is_poisoned());
        mutex.clear_poison();
        assert!(mutex.try_lock().is_ok());

        let lock = RwLock::new(1);
        panics(|| {
            drop(RwLockReadGuard::map(lock.read().unwrap(), |_| -> &() {
                panic!()
            }));
        });
        assert!(!lock.is_poisoned());
        panics(|| {
            let guard = RwLockWriteGuard::map(lock.write().unwrap(), |n| n);
            drop(MappedRwLockWriteGuard::map(guard, |_| -> &mut () { panic!() }));
        });
        assert!(lock.is_poisoned());
        lock.clear_poison();
        assert!(lock.try_write().is_ok());
    }
}
