//! The allocator of guests: threadlink's, with a cache for each thread, over dlmalloc.

use core::cell::UnsafeCell;

use threadlink_rt::Guest;
use threadlink_rt::alloc::Heap;

use crate::alloc::{GlobalAlloc, Layout, System};

static HEAP: Heap<Below, Guest> = Heap::new(Below(UnsafeCell::new(dlmalloc::Dlmalloc::new())), Guest);

/// What all memory comes from. Its methods are for one thread at a time, and the heap sees to that.
struct Below(UnsafeCell<dlmalloc::Dlmalloc>);

// SAFETY: the addresses in it are of memory that all threads have.
unsafe impl Send for Below {}

// SAFETY: dlmalloc keeps the promises of the trait. The heap lets one thread in at a time.
unsafe impl GlobalAlloc for Below {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises; nobody else is in here.
        unsafe { (*self.0.get()).malloc(layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { (*self.0.get()).calloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { (*self.0.get()).free(ptr, layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as above.
        unsafe { (*self.0.get()).realloc(ptr, layout.size(), layout.align(), new_size) }
    }
}

// SAFETY: the heap gives what the trait asks for, and every method passes on what its caller promises.
#[stable(feature = "alloc_system_type", since = "1.28.0")]
unsafe impl GlobalAlloc for System {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the heap has the same rules.
        unsafe { HEAP.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { HEAP.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { HEAP.dealloc(ptr, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as above.
        unsafe { HEAP.realloc(ptr, layout, new_size) }
    }
}
