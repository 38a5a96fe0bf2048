//! TLS areas: what the linker says of them, and whether they are used again.

use core::alloc::Layout;
use core::sync::atomic::{AtomicBool, Ordering};

/// Set when it is known that destructors of thread-locals don't run.
static LEAKING: AtomicBool = AtomicBool::new(false);

/// Says that thread-locals are not destroyed when their thread ends, so that something may still point into the TLS
/// area of an ended thread. From now on none is given to a second thread.
pub fn never_reuse() {
    LEAKING.store(true, Ordering::Relaxed);
}

/// Whether a TLS area can be given to another thread.
pub(super) fn are_reusable() -> bool {
    !LEAKING.load(Ordering::Relaxed)
}

/// Size of a thread's TLS area in bytes: a constant that the linker knows.
pub fn size() -> usize {
    let size: usize;
    // SAFETY: reads an immutable global that the linker defines for every module with shared memory.
    unsafe {
        core::arch::asm!(
            ".globaltype __tls_size, i32, immutable",
            "global.get __tls_size",
            "local.set {}",
            out(local) size,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    size
}

/// Alignment of a thread's TLS area in bytes, a power of two: a constant that the linker knows.
fn align() -> usize {
    let align: usize;
    // SAFETY: as in `size`.
    unsafe {
        core::arch::asm!(
            ".globaltype __tls_align, i32, immutable",
            "global.get __tls_align",
            "local.set {}",
            out(local) align,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    // A module without thread-locals says 0.
    align.max(1)
}

/// Size and alignment of a TLS area. None if no allocation can have them.
pub(super) fn layout() -> Option<Layout> {
    Layout::from_size_align(size(), align()).ok()
}

/// Where the running thread's TLS area begins.
pub fn base() -> *mut u8 {
    let base: *mut u8;
    // SAFETY: reads a global that the linker defines for every module with shared memory.
    unsafe {
        core::arch::asm!(
            ".globaltype __tls_base, i32",
            "global.get __tls_base",
            "local.set {}",
            out(local) base,
            options(nomem, nostack, preserves_flags),
        );
    }
    base
}
