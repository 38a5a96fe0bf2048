//! The allocator that guests have, and what it keeps.
//!
//! On wasm std's own allocator is one for one thread at a time behind a lock that spins. Where std has threads, threadlink's takes
//! its place, and there is nothing to do. Over a plain std a program asks for it:
//!
//! ```
//! #[global_allocator]
//! static ALLOCATOR: threadlink::alloc::Allocator = threadlink::alloc::Allocator;
//! # fn main() {}
//! ```
//!
//! It doesn't do so by itself, as a program has one such static at most, and it may be the program's own.

use std::alloc::{GlobalAlloc, Layout};

use crate::backend;

pub use threadlink_rt::alloc::Counts;

/// An allocator for many threads: each keeps what it has freed for what it allocates next, of sizes up to 1024 bytes.
///
/// It stands over std's [`System`](std::alloc::System), which is what it is natively, and where std has threads: the one
/// there is threadlink's.
///
/// ```
/// use std::alloc::{GlobalAlloc, Layout};
///
/// use threadlink::alloc::Allocator;
///
/// let layout = Layout::new::<[u64; 4]>();
/// // SAFETY: the layout has bytes, and what is allocated is freed once.
/// unsafe {
///     let memory = Allocator.alloc_zeroed(layout);
///     assert_eq!(*memory, 0);
///     Allocator.dealloc(memory, layout);
/// }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Allocator;

// SAFETY: each call goes to an allocator unchanged.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { backend::allocator().alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { backend::allocator().alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { backend::allocator().dealloc(memory, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { backend::allocator().realloc(memory, layout, new_size) }
    }
}

/// What threadlink's allocator keeps that is free, apart from what is in the caches of threads that run: all 0 natively, and
/// where the program has another allocator.
///
/// ```
/// let counts = threadlink::alloc::counts();
/// // No thread has died, so none has lost anything.
/// assert_eq!(counts.lost, 0);
/// ```
#[must_use]
pub fn counts() -> Counts {
    backend::heap_counts()
}
