//! `thread_start`, which the host calls on a fresh thread, and the few instructions that Rust cannot express.
//!
//! It must be assembly. When the host calls it, the stack pointer is whatever the instance began with, which is
//! the main thread's stack: compiled Rust might spill to it before a first line could move it. The trampoline
//! touches no memory before both globals are its own. It puts them back at the end, so that the instance is as
//! it was: a host may reuse it for the next thread, or free what it set up itself.
//!
//! Module-level assembly gets no target features, so there are no atomics here.

use super::block::ControlBlock;
use threadlink_abi::layout::block as layout;

core::arch::global_asm!(
    "
    .globaltype __stack_pointer, i32
    .globaltype __tls_base, i32
    .functype __wasm_init_tls (i32) -> ()
    .functype {main} (i32) -> ()

    .globl thread_start
    .export_name thread_start, thread_start
    .type thread_start, @function
thread_start:
    .functype thread_start (i32) -> ()
    .local i32, i32
    global.get __stack_pointer
    local.set 1
    global.get __tls_base
    local.set 2
    local.get 0
    i32.load {stack_top}
    global.set __stack_pointer
    local.get 0
    i32.load {tls}
    call __wasm_init_tls
    local.get 0
    call {main}
    local.get 1
    global.set __stack_pointer
    local.get 2
    global.set __tls_base
    end_function
    ",
    stack_top = const layout::STACK_TOP,
    tls = const layout::TLS,
    main = sym thread_main,
);

/// What the trampoline calls once stack and thread-local storage are the block's.
///
/// # Safety
/// Only the trampoline calls this, with the address that `thread_create` was given.
unsafe extern "C" fn thread_main(block: *const ControlBlock) {
    // SAFETY: the spawner keeps the block alive until `thread_start` has returned.
    super::thread_main::run(unsafe { &*block });
}

/// Size of a thread's TLS area in bytes: a constant that the linker knows.
pub(super) fn tls_size() -> usize {
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
pub(super) fn tls_align() -> usize {
    let align: usize;
    // SAFETY: as in `tls_size`.
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

/// Where the running thread's TLS area begins.
#[cfg(feature = "tls-destructors")]
pub(super) fn tls_base() -> *mut u8 {
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
