//! How many guest threads can go on without being woken by another.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The count, and whom to tell when it falls to none.
pub(super) struct Active {
    count: AtomicUsize,
    none_left: Box<dyn Fn() + Send + Sync>,
}

/// The caller was the last one that was active. It has to [`tell`](Active::tell) once it holds no lock.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WasLast(bool);

impl WasLast {
    pub(super) const NO: Self = Self(false);
}

impl Active {
    pub(super) fn new(none_left: Box<dyn Fn() + Send + Sync>) -> Self {
        Self {
            count: AtomicUsize::new(0),
            none_left,
        }
    }

    /// One more. Whoever makes a thread able to run calls this before it can.
    pub(super) fn raise(&self) {
        self.count.fetch_add(1, Ordering::AcqRel);
    }

    /// One less.
    pub(super) fn lower(&self) -> WasLast {
        let before = self.count.fetch_sub(1, Ordering::AcqRel);
        debug_assert!(before > 0, "a thread left that had not entered");
        WasLast(before == 1)
    }

    /// Tells of it if the caller was the last.
    pub(super) fn tell(&self, was: WasLast) {
        if was.0 {
            (self.none_left)();
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }
}
