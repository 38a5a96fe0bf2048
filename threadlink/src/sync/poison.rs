//! Poisoning: a mutex remembers that a thread panicked while it held it.
//!
//! In a program built with `panic = "abort"` no one outlives a panic with a guard in hand: there the flag is
//! empty, like std's.

use std::marker::PhantomData;
#[cfg(panic = "unwind")]
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LockResult, PoisonError};

/// Whether a lock is poisoned.
///
/// All accesses are relaxed: the lock orders them, except in `is_poisoned`, which only gives a hint.
pub(super) struct Flag {
    #[cfg(panic = "unwind")]
    failed: AtomicBool,
}

/// Whether the thread was already panicking when it took the lock: then its end is no reason to poison.
///
/// It says something of one thread, so it stays there, and with it the guard that it is part of; also where parking_lot
/// is built with its feature `send_guard`.
#[derive(Clone, Copy)]
pub(super) struct Entered {
    #[cfg(panic = "unwind")]
    panicking: bool,
    thread: PhantomData<*const ()>,
}

#[cfg(panic = "unwind")]
impl Flag {
    pub(super) const fn new(poisoned: bool) -> Self {
        Self {
            failed: AtomicBool::new(poisoned),
        }
    }

    #[inline]
    pub(super) fn enter(&self) -> Entered {
        Entered {
            panicking: std::thread::panicking(),
            thread: PhantomData,
        }
    }

    /// Poisons the lock if a panic began since `enter`.
    #[inline]
    pub(super) fn leave(&self, entered: Entered) {
        if !entered.panicking && std::thread::panicking() {
            self.failed.store(true, Ordering::Relaxed);
        }
    }

    #[inline]
    pub(super) fn get(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    pub(super) fn clear(&self) {
        self.failed.store(false, Ordering::Relaxed);
    }
}

#[cfg(not(panic = "unwind"))]
impl Flag {
    pub(super) const fn new(_poisoned: bool) -> Self {
        Self {}
    }

    #[inline(always)]
    pub(super) fn enter(&self) -> Entered {
        Entered { thread: PhantomData }
    }

    #[inline(always)]
    pub(super) fn leave(&self, _entered: Entered) {}

    #[inline(always)]
    pub(super) fn get(&self) -> bool {
        false
    }

    pub(super) fn clear(&self) {}
}

/// `value` as std hands it out, depending on the poison. Without unwinding std has no `PoisonError` to make,
/// and `poisoned` is always false.
#[inline]
pub(super) fn result<V>(value: V, poisoned: bool) -> LockResult<V> {
    if poisoned {
        Err(PoisonError::new(value))
    } else {
        Ok(value)
    }
}
