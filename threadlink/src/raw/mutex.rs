//! [`RawTracing`]: the one place from which mutexes call the hooks.

use lock_api::{RawMutex, RawMutexFair};

use super::held::Held;
use crate::hooks::{self, Holder, Instance, LockName, Moment, Op, Origin, Spare, Stamp};
use threadlink_abi::moment::{FinishLock, FinishUnlock, StartLock, StartUnlock};

/// A raw lock that calls the hooks around each operation of the lock inside.
///
/// Without the cargo feature `tracing` it is the lock inside and nothing more, in size and machine code. With
/// it, the first word names the thread that holds the lock; the hooks get the address of that word.
///
/// ```
/// use threadlink::raw::RawTracing;
///
/// type Fair<T> = lock_api::Mutex<RawTracing<parking_lot::RawFairMutex>, T>;
///
/// let counter = Fair::new(1);
/// *counter.lock() += 1;
/// assert_eq!(*counter.lock(), 2);
/// ```
#[repr(C)]
pub struct RawTracing<R> {
    holder: Holder,
    // Always zero here: what follows stands where it does in a read-write lock.
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
    type Lock = RawTracing<parking_lot::RawMutex>;
    assert!(offset_of!(Lock, holder) == layout::HOLDER as usize);
    assert!(offset_of!(Lock, spare) == layout::READERS as usize);
    assert!(offset_of!(Lock, origin) == layout::SITE as usize);
    assert!(offset_of!(Lock, instance) == layout::INSTANCE as usize);
    assert!(offset_of!(Lock, stamp) == layout::STAMP as usize);
    assert!(offset_of!(Lock, inner) == layout::SIZE as usize);
};

impl<R: RawMutex> RawTracing<R> {
    /// An unlocked lock that knows where it was made, and that reports call `name`.
    ///
    /// `INIT`, of which `lock_api`'s `new` makes its locks, is a constant and knows neither.
    ///
    /// ```
    /// use threadlink::hooks::LockName;
    /// use threadlink::mutex::{TracingMutex, TracingRawMutex};
    ///
    /// static TOTAL: TracingMutex<u32> =
    ///     TracingMutex::from_raw(TracingRawMutex::with_name(LockName::new("TOTAL")), 0);
    /// assert_eq!(*TOTAL.lock(), 0);
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

impl<R> RawTracing<R> {
    /// What the hooks call this lock.
    #[inline]
    pub(crate) fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// The program asks for the lock, or has just got it.
    #[inline]
    #[track_caller]
    pub(super) fn request(&self, moment: impl Moment, op: Op) {
        self.instance.begin();
        hooks::request(moment, self.address(), op);
    }

    /// The lock was acquired: say so, to readers of the lock's memory first.
    #[inline]
    pub(super) fn acquired(&self) {
        // SAFETY: the calling thread has just locked it.
        unsafe { self.holder.set() };
        hooks::tell(FinishLock, self.address());
    }

    /// The lock is about to be released.
    #[inline]
    pub(super) fn releasing(&self) {
        hooks::tell(StartUnlock, self.address());
        // SAFETY: the calling thread is about to unlock it.
        unsafe { self.holder.clear() };
    }
}

// SAFETY: every operation is that of the lock inside, which upholds lock_api's rules; the hooks neither unwind
// nor touch the lock's state. The holder word is no part of the locking.
unsafe impl<R: RawMutex> RawMutex for RawTracing<R> {
    #[allow(clippy::declare_interior_mutable_const)]
    const INIT: Self = Self {
        holder: Holder::NEW,
        spare: Spare::NEW,
        origin: Origin::UNKNOWN,
        instance: Instance::NEW,
        stamp: Stamp::NEW,
        inner: R::INIT,
    };

    type Guard = Held<R::Guard>;

    #[inline]
    #[track_caller]
    fn lock(&self) -> Self::Guard {
        if !hooks::ENABLED {
            return Held::new(self.inner.lock());
        }
        // A wait is announced if there will be one; what is free is had first, and told then.
        let guard = match self.inner.try_lock() {
            Some(guard) => {
                self.request(StartLock, Op::AtOnce);
                guard
            }
            None => {
                self.request(StartLock, Op::Blocking);
                self.inner.lock()
            }
        };
        self.acquired();
        Held::new(guard)
    }

    #[inline]
    #[track_caller]
    fn try_lock(&self) -> Option<Self::Guard> {
        let guard = self.inner.try_lock()?;
        self.request(StartLock, Op::Try);
        self.acquired();
        Some(Held::new(guard))
    }

    #[inline]
    unsafe fn unlock(&self, guard: Self::Guard) {
        self.releasing();
        // The address is taken before: once the lock is free, another thread may drop what it is part of.
        let address = self.address();
        // SAFETY: the caller holds the lock and passes the state of this acquisition.
        unsafe { self.inner.unlock(guard.inner) };
        hooks::tell(FinishUnlock, address);
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.inner.is_locked()
    }
}

// SAFETY: as above.
unsafe impl<R: RawMutexFair> RawMutexFair for RawTracing<R> {
    #[inline]
    unsafe fn unlock_fair(&self, guard: Self::Guard) {
        self.releasing();
        let address = self.address();
        // SAFETY: the caller holds the lock and passes the state of this acquisition.
        unsafe { self.inner.unlock_fair(guard.inner) };
        hooks::tell(FinishUnlock, address);
    }

    #[inline]
    #[track_caller]
    unsafe fn bump(&self, guard: &mut Self::Guard) {
        if hooks::ENABLED {
            // Seen from outside, a bump is a release and a new acquire, and it can block in the latter.
            self.releasing();
            hooks::tell(FinishUnlock, self.address());
            self.request(StartLock, Op::Blocking);
        }
        // SAFETY: the caller holds the lock, also during the hooks above.
        unsafe { self.inner.bump(&mut guard.inner) };
        if hooks::ENABLED {
            self.acquired();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::RawMutex as Inner;

    #[test]
    fn the_size_is_the_inner_locks_unless_traced() {
        let extra = size_of::<RawTracing<Inner>>() - size_of::<Inner>();
        assert_eq!(extra != 0, hooks::ENABLED);
    }

    #[cfg(feature = "tracing")]
    #[test]
    fn a_lock_knows_its_name_and_where_it_was_made() {
        static NAMED: RawTracing<Inner> = RawTracing::with_name(LockName::new("NAMED"));
        let here = line!() - 1;
        let (site, name) = NAMED.origin.get();
        assert_eq!(site.map(|site| (site.file(), site.line())), Some((file!(), here)));
        assert_eq!(name, Some("NAMED"));
        assert_eq!(RawTracing::<Inner>::INIT.origin.get(), (None, None));
        assert_eq!(NAMED.spare.get(), 0);
    }

    #[cfg(feature = "tracing")]
    #[test]
    fn the_holder_word_comes_first_and_names_the_thread_while_it_holds() {
        assert_eq!(std::mem::offset_of!(RawTracing<Inner>, holder), 0);
        let lock = RawTracing::<Inner>::INIT;
        assert_eq!(lock.holder.get(), 0);
        let guard = lock.lock();
        assert_eq!(lock.holder.get(), crate::backend::hooks::holder());
        let elsewhere = std::thread::spawn(crate::backend::hooks::holder).join().unwrap();
        assert_ne!(lock.holder.get(), elsewhere);
        // SAFETY: the lock is held with this guard.
        unsafe { lock.unlock(guard) };
        assert_eq!(lock.holder.get(), 0);
        let guard = lock.try_lock().unwrap();
        assert!(lock.try_lock().is_none());
        assert_ne!(lock.holder.get(), 0);
        // SAFETY: as above.
        unsafe { lock.unlock_fair(guard) };
        assert_eq!(lock.holder.get(), 0);
        assert!(!lock.is_locked());
    }
}
