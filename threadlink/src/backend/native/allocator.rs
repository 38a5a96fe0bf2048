//! std's allocator, which is made for threads here.

use std::alloc::System;

#[cfg(not(threadlink_std))]
use threadlink_rt::alloc::Counts;

/// What the program's memory comes from.
#[inline]
pub(crate) fn allocator() -> System {
    System
}

/// std says nothing of what it keeps.
#[cfg(not(threadlink_std))]
pub(crate) fn heap_counts() -> Counts {
    Counts::default()
}
