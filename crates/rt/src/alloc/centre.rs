//! The centre: batches that one thread had too many of, for another that has none.
//!
//! A few places for each size, each an atomic pointer: nobody waits, and no more is kept than there are places.

use core::ptr::NonNull;

use crate::cache::Cache;
use crate::const_unless_loom;

/// `PLACES` batches of each of so many sizes, counted from 1. A batch is known by its first object.
pub(super) struct Centre<T, const SIZES: usize, const PLACES: usize>([Cache<T, PLACES>; SIZES]);

impl<T, const SIZES: usize, const PLACES: usize> Centre<T, SIZES, PLACES> {
    const_unless_loom! {
        /// A centre that has nothing.
        pub(super) const fn new() -> Self {
            Self(nothing())
        }
    }

    /// A batch of this size, which is the caller's now.
    pub(super) fn take(&self, size: usize) -> Option<NonNull<T>> {
        self.0[size - 1].take()
    }

    /// Keeps a batch, which was the caller's, or gives it back if there is no room.
    pub(super) fn put(&self, size: usize, batch: NonNull<T>) -> Option<NonNull<T>> {
        self.0[size - 1].put(batch)
    }

    /// How many batches of this size there are.
    pub(super) fn len(&self, size: usize) -> usize {
        self.0[size - 1].len()
    }
}

#[cfg(not(loom))]
const fn nothing<T, const SIZES: usize, const PLACES: usize>() -> [Cache<T, PLACES>; SIZES] {
    [const { Cache::new() }; SIZES]
}

#[cfg(loom)]
fn nothing<T, const SIZES: usize, const PLACES: usize>() -> [Cache<T, PLACES>; SIZES] {
    core::array::from_fn(|_| Cache::new())
}
