//! The runtime's allocator over std's, for programs that ask for it.
//!
//! std's is for all threads at a time; under this one only one comes to it, so that nobody spins at its lock.

use std::alloc::System;

use threadlink_rt::Guest;
use threadlink_rt::alloc::Heap;

static HEAP: Heap<System, Guest> = Heap::new(System, Guest);

/// Its methods are those of `GlobalAlloc`.
#[inline]
pub(crate) fn allocator() -> &'static Heap<System, Guest> {
    &HEAP
}
