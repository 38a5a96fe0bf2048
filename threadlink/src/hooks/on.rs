//! Hooks with the feature `tracing`: they pass the caller's place in the source on to the backend.

use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::op::Op;
use crate::backend::hooks as backend;

pub(crate) use crate::backend::hooks::Moment;
use threadlink_rt::made::Made;
use threadlink_rt::plain::Plain;

/// The word in a lock that says who holds it: the address of the holding thread's control block, or 0.
///
/// Only the thread that holds the lock writes it, so that it never names a thread that doesn't hold the lock.
/// A host reads it while the writer is inside a hook or blocked, which orders the accesses.
pub(crate) struct Holder(Plain<usize>);

impl Holder {
    // A constant with interior mutability: each use makes a new one, as lock_api's `INIT` demands.
    #[allow(clippy::declare_interior_mutable_const)]
    pub(crate) const NEW: Self = Self(Plain::new(0));

    /// # Safety
    /// The calling thread holds the lock.
    #[inline]
    pub(crate) unsafe fn set(&self) {
        // SAFETY: whoever holds the lock has the word for itself, and the lock orders one holder with the next.
        unsafe { self.0.set(backend::holder()) };
    }

    /// # Safety
    /// As for [`set`](Self::set).
    #[inline]
    pub(crate) unsafe fn clear(&self) {
        // SAFETY: as in `set`.
        unsafe { self.0.set(0) };
    }

    #[cfg(test)]
    pub(crate) fn get(&self) -> usize {
        // SAFETY: tests look at it on the thread that locks.
        unsafe { self.0.get() }
    }
}

/// The word in a lock after its [`Holder`]: always 0. In older layouts a read-write lock counted its readers there.
#[repr(transparent)]
pub(crate) struct Spare(usize);

impl Spare {
    pub(crate) const NEW: Self = Self(0);

    #[cfg(test)]
    pub(crate) fn get(&self) -> usize {
        self.0
    }
}

/// Where a lock was made, and its name: words after [`Holder`] and [`Spare`], for readers of the lock's memory.
#[repr(C)]
pub(crate) struct Origin {
    site: Made,
    name: LockName,
}

impl Origin {
    /// Of a lock of which nothing is known: made from a constant.
    pub(crate) const UNKNOWN: Self = Self {
        site: Made::UNKNOWN,
        name: LockName::NONE,
    };

    /// Of a lock that the caller makes.
    #[inline]
    #[track_caller]
    pub(crate) const fn here(name: LockName) -> Self {
        Self {
            site: Made::here(),
            name,
        }
    }

    pub(crate) fn rename(&mut self, name: LockName) {
        self.name = name;
    }

    pub(crate) fn get(&self) -> (Option<&'static Location<'static>>, Option<&'static str>) {
        (self.site.location(), self.name.get())
    }
}

/// The number of a lock or condition variable, which no other one of the program has: given when it is used for the first
/// time, so that what is made in a constant gets one, and no two copies of a constant get the same. It goes with a lock that is
/// moved. When a lock is dropped that had one, the host hears of its end.
pub(crate) struct Instance(AtomicU32);

impl Instance {
    #[allow(clippy::declare_interior_mutable_const)]
    pub(crate) const NEW: Self = Self(AtomicU32::new(0));

    /// The lock is about to be used, so it needs a number.
    #[inline]
    pub(crate) fn begin(&self) {
        if self.0.load(Ordering::Relaxed) == 0 {
            self.number();
        }
    }

    #[cold]
    fn number(&self) {
        // Every other number: where std's locks are traced too, it gives the even ones.
        static LAST: AtomicU32 = AtomicU32::new(if cfg!(threadlink_std) { u32::MAX } else { 0 });
        // After 2^31 locks the numbers begin again; none is 0.
        let number = loop {
            match LAST.fetch_add(2, Ordering::Relaxed).wrapping_add(2) {
                0 => {}
                number => break number,
            }
        };
        // Who uses it at the same time may be faster; then that number is the one.
        let _ = self
            .0
            .compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed);
    }
}

impl Drop for Instance {
    #[inline]
    fn drop(&mut self) {
        let number = *self.0.get_mut();
        if number != 0 {
            backend::ended(std::ptr::from_ref(self).addr(), number);
        }
    }
}

/// Twice 64 bits in each lock for hosts, and for what stands between them and the program: the words `STAMP` and `MARK`.
#[repr(C)]
pub(crate) struct Stamp {
    _bits: [AtomicU64; 2],
}

impl Stamp {
    #[allow(clippy::declare_interior_mutable_const)]
    pub(crate) const NEW: Self = Self {
        _bits: [const { AtomicU64::new(0) }; 2],
    };
}

/// The name of a lock, for traces and reports: `Account.balance`.
///
/// Without the cargo feature `tracing` it is empty, so that names cost nothing.
///
/// ```
/// use threadlink::hooks::LockName;
/// use threadlink::sync::Mutex;
///
/// static LEDGER: Mutex<Vec<i64>> = Mutex::with_name(Vec::new(), LockName::new("bank::LEDGER"));
/// assert!(LEDGER.lock().unwrap().is_empty());
/// ```
#[derive(Clone, Copy)]
#[repr(C)]
pub struct LockName {
    text: *const u8,
    len: usize,
}

// SAFETY: it stands for a `&'static str`.
unsafe impl Send for LockName {}
// SAFETY: as above.
unsafe impl Sync for LockName {}

impl LockName {
    /// Of a lock without a name.
    pub(crate) const NONE: Self = Self {
        text: std::ptr::null(),
        len: 0,
    };

    /// The name `text`.
    ///
    /// ```
    /// let name = const { threadlink::hooks::LockName::new("queue") };
    /// # let _ = name;
    /// ```
    #[must_use]
    #[inline]
    pub const fn new(text: &'static str) -> Self {
        Self {
            text: text.as_ptr(),
            len: text.len(),
        }
    }

    fn get(self) -> Option<&'static str> {
        if self.text.is_null() {
            return None;
        }
        // SAFETY: `new` took both words from a `&'static str`.
        Some(unsafe { str::from_utf8_unchecked(std::slice::from_raw_parts(self.text, self.len)) })
    }
}

impl fmt::Debug for LockName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LockName").field(&self.get()).finish()
    }
}

/// Tells the host of a moment at which the program asks for nothing.
#[inline]
pub(crate) fn tell(moment: impl Moment, address: usize) {
    backend::tell(moment, address, None);
}

/// Tells the host of a moment at which the program asks for something: how, and where in its source.
#[inline]
#[track_caller]
pub(crate) fn request(moment: impl Moment, address: usize, op: Op) {
    backend::tell(moment, address, Some((op, Location::caller())));
}
