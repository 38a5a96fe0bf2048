//! A value that threads share without anything that orders their accesses.

use std::cell::UnsafeCell;

/// What safe code would not share.
pub(super) struct Shared<T>(UnsafeCell<T>);

// SAFETY: it is not; that is what these programs are about. The accesses of the clean ones are ordered by other means.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T: Copy> Shared<T> {
    pub(super) const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    #[inline(never)]
    pub(super) fn get(&self) -> T {
        // SAFETY: the pointer is valid; who writes at the same time is the program's matter.
        unsafe { self.0.get().read_volatile() }
    }

    #[inline(never)]
    pub(super) fn set(&self, value: T) {
        // SAFETY: as above.
        unsafe { self.0.get().write_volatile(value) }
    }
}
