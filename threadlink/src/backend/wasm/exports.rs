//! What hosts may call besides `thread_start`: an allocator for hosts that patch modules.

use std::alloc::{Layout, alloc, dealloc};
use std::ptr;

/// Allocates; null if the alignment is no power of two or there is no memory.
#[unsafe(no_mangle)]
extern "C" fn __wasmgrind_malloc(size: usize, align: usize) -> *mut u8 {
    let Ok(layout) = Layout::from_size_align(size, align) else {
        return ptr::null_mut();
    };
    if size == 0 {
        // No memory is needed, only an aligned address that is not null.
        return ptr::without_provenance_mut(align);
    }
    // SAFETY: the size is not 0.
    unsafe { alloc(layout) }
}

/// Frees what `__wasmgrind_malloc` gave for the same size and alignment. Null is ignored.
///
/// # Safety
/// `ptr` comes from `__wasmgrind_malloc(size, align)` and is freed once.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wasmgrind_free(ptr: *mut u8, size: usize, align: usize) {
    let Ok(layout) = Layout::from_size_align(size, align) else {
        return;
    };
    if !ptr.is_null() && size != 0 {
        // SAFETY: allocated with this layout, as the host promises.
        unsafe { dealloc(ptr, layout) };
    }
}
