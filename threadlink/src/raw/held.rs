//! [`Held`]: what a guard keeps of its lock, on the thread that has locked it.

use std::marker::PhantomData;

/// What the lock inside gives out for an acquisition, bound to the thread that has acquired.
///
/// Guards take over from it whether they are `Send`, and those of a traced lock never are: the lock's memory names the
/// thread that holds it, and a host that finds this thread waiting calls it a deadlock. So a guard stays where it is, also if
/// the lock inside would let it go: a spin lock, or parking_lot's with the feature `send_guard`, which any crate of a
/// program can turn on for all.
///
/// ```compile_fail,E0277
/// use threadlink::mutex::TracingMutex;
///
/// fn moves_elsewhere(_: impl Send) {}
/// moves_elsewhere(TracingMutex::new(()).lock());
/// ```
#[derive(Debug)]
pub struct Held<G> {
    pub(super) inner: G,
    _stays: PhantomData<*mut ()>,
}

// SAFETY: the pointer is a mark and stands for nothing; what is left is the state of the lock inside.
unsafe impl<G: Sync> Sync for Held<G> {}

impl<G> Held<G> {
    /// Of the lock inside's own state, for those who release a lock whose guard they forgot.
    ///
    /// ```
    /// use lock_api::RawMutex;
    /// use threadlink::mutex::{TracingMutex, TracingRawMutex};
    /// use threadlink::raw::Held;
    ///
    /// type State = <parking_lot::RawMutex as RawMutex>::Guard;
    ///
    /// let lock = TracingMutex::new(1);
    /// std::mem::forget(lock.lock());
    /// // SAFETY: this thread holds the lock, and its guard is gone.
    /// unsafe { lock.force_unlock(Held::new(State::new())) };
    /// assert!(lock.try_lock().is_some());
    /// ```
    #[must_use]
    #[inline]
    pub fn new(inner: G) -> Self {
        Self {
            inner,
            _stays: PhantomData,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::raw::{RawTracing, RawTracingRw};
    use lock_api::{
        GuardSend, MappedMutexGuard, MappedRwLockReadGuard, MappedRwLockWriteGuard, MutexGuard, RawMutex,
        RawRwLock, RwLockReadGuard, RwLockWriteGuard,
    };
    use std::sync::atomic::{AtomicBool, Ordering};

    /// A lock whose guards may go to other threads, as those of a spin lock do.
    struct Spin(AtomicBool);

    // SAFETY: the flag is set by one at a time.
    unsafe impl RawMutex for Spin {
        #[allow(clippy::declare_interior_mutable_const)]
        const INIT: Self = Self(AtomicBool::new(false));
        type Guard = GuardSend;

        fn lock(&self) -> GuardSend {
            loop {
                if let Some(guard) = self.try_lock() {
                    return guard;
                }
                std::hint::spin_loop();
            }
        }

        fn try_lock(&self) -> Option<GuardSend> {
            (!self.0.swap(true, Ordering::Acquire)).then(GuardSend::new)
        }

        unsafe fn unlock(&self, _guard: GuardSend) {
            self.0.store(false, Ordering::Release);
        }

        fn is_locked(&self) -> bool {
            self.0.load(Ordering::Relaxed)
        }
    }

    // SAFETY: as a mutex, which never lets two readers in.
    unsafe impl RawRwLock for Spin {
        #[allow(clippy::declare_interior_mutable_const)]
        const INIT: Self = Self(AtomicBool::new(false));
        type SharedGuard = GuardSend;
        type ExclusiveGuard = GuardSend;

        fn lock_shared(&self) -> GuardSend {
            self.lock()
        }

        fn try_lock_shared(&self) -> Option<GuardSend> {
            self.try_lock()
        }

        unsafe fn unlock_shared(&self, guard: GuardSend) {
            // SAFETY: as the caller promises.
            unsafe { self.unlock(guard) };
        }

        fn lock_exclusive(&self) -> GuardSend {
            self.lock()
        }

        fn try_lock_exclusive(&self) -> Option<GuardSend> {
            self.try_lock()
        }

        unsafe fn unlock_exclusive(&self, guard: GuardSend) {
            // SAFETY: as the caller promises.
            unsafe { self.unlock(guard) };
        }

        fn is_locked(&self) -> bool {
            RawMutex::is_locked(self)
        }

        fn is_locked_exclusive(&self) -> bool {
            RawMutex::is_locked(self)
        }
    }

    /// Fails to compile unless the guards of every lock are `Sync` where their data is, and never `Send`.
    macro_rules! stay {
        ($($guard:ident of $($lock:ty)|+;)+) => {$($(
            const _: () = assert!(!implements!($guard<'static, $lock, i32>: Send));
            const _: () = assert!(implements!($guard<'static, $lock, i32>: Sync));
        )+)+};
    }

    stay! {
        MutexGuard of RawTracing<parking_lot::RawMutex> | RawTracing<parking_lot::RawFairMutex> | RawTracing<Spin>;
        MappedMutexGuard of RawTracing<parking_lot::RawMutex> | RawTracing<Spin>;
        RwLockReadGuard of RawTracingRw<parking_lot::RawRwLock> | RawTracingRw<Spin>;
        RwLockWriteGuard of RawTracingRw<parking_lot::RawRwLock> | RawTracingRw<Spin>;
        MappedRwLockReadGuard of RawTracingRw<parking_lot::RawRwLock> | RawTracingRw<Spin>;
        MappedRwLockWriteGuard of RawTracingRw<parking_lot::RawRwLock> | RawTracingRw<Spin>;
    }
    // The lock alone would let them go.
    const _: () = assert!(implements!(MutexGuard<'static, Spin, i32>: Send));

    #[test]
    fn a_spin_lock_inside_locks_and_unlocks() {
        let lock = lock_api::Mutex::<RawTracing<Spin>, i32>::new(1);
        *lock.lock() += 1;
        assert!(lock.try_lock().is_some_and(|number| *number == 2));
        let lock = lock_api::RwLock::<RawTracingRw<Spin>, i32>::new(1);
        *lock.write() += 1;
        assert_eq!(*lock.read(), 2);
        assert!(!lock.is_locked());
    }
}
