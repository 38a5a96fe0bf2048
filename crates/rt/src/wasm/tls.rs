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

/// The value of a constant that the linker defines.
macro_rules! linker_constant {
    ($name:literal) => {{
        let value: usize;
        // SAFETY: reads an immutable global that the linker defines for every module with shared memory.
        unsafe {
            core::arch::asm!(
                concat!(".globaltype ", $name, ", i32, immutable"),
                concat!("global.get ", $name),
                "local.set {}",
                out(local) value,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        value
    }};
}

/// Size of a thread's TLS area in bytes.
#[must_use]
pub fn size() -> usize {
    linker_constant!("__tls_size")
}

/// Alignment of a thread's TLS area in bytes, a power of two.
fn align() -> usize {
    // A module without thread-locals says 0.
    linker_constant!("__tls_align").max(1)
}

/// Size and alignment of a TLS area. None if no allocation can have them.
pub(super) fn layout() -> Option<Layout> {
    Layout::from_size_align(size(), align()).ok()
}

/// Where the running thread's TLS area begins.
#[must_use]
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
