//! The one place where the runtime asks for memory: the program's global allocator.
//!
//! It is reached through `alloc`, which stands below std and finds the allocator when the program is linked. So the
//! runtime doesn't care whether that is std's or the program's own.

extern crate alloc;

use alloc::alloc::{Layout, alloc, dealloc};
use core::ptr::{self, NonNull};

/// Memory of this layout; None if there is none.
pub(super) fn allocate(layout: Layout) -> Option<NonNull<u8>> {
    if layout.size() == 0 {
        // No memory is needed, only an aligned address that is not null.
        return NonNull::new(ptr::without_provenance_mut(layout.align()));
    }
    // SAFETY: the size is not 0.
    NonNull::new(unsafe { alloc(layout) })
}

/// Gives memory back.
///
/// # Safety
/// `memory` comes from `allocate(layout)`, and nobody uses it any more.
pub(super) unsafe fn free(memory: NonNull<u8>, layout: Layout) {
    if layout.size() != 0 {
        // SAFETY: allocated with this layout, as the caller promises.
        unsafe { dealloc(memory.as_ptr(), layout) };
    }
}
