//! Which thread runs: one word of thread-local storage, with the address of the thread's block.
//!
//! Rust has thread-locals in std, or behind an unstable attribute. This one is a word in assembly, which the linker lays
//! into every TLS area as it does with Rust's; what is left is one addition and one load.

#[cfg(not(threadlink_std))]
use core::ptr;

use super::block::ControlBlock;
#[cfg(not(threadlink_std))]
use super::block::MAIN_BLOCK;
#[cfg(threadlink_std)]
use super::std_copy::main_block;

// Back to code at the end: what other assembly of this crate follows, doesn't say which section it means.
#[cfg(not(threadlink_std))]
core::arch::global_asm!(
    "
    .section .tbss.__threadlink_current,\"T\",@
    .globl __threadlink_current
    .hidden __threadlink_current
    .type __threadlink_current, @object
    .p2align 2
__threadlink_current:
    .int32 0
    .size __threadlink_current, 4
    .section .text,\"\",@
    "
);

/// The word of the thread that calls. It is zero until `enter`.
#[inline]
fn word() -> *mut *const ControlBlock {
    let word;
    // SAFETY: only computes an address. It is the same for as long as a function runs, because only the trampoline
    // changes the base.
    unsafe {
        core::arch::asm!(
            ".globaltype __tls_base, i32",
            "global.get __tls_base",
            "i32.const __threadlink_current@TLSREL",
            "i32.add",
            "local.set {}",
            out(local) word,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    word
}

/// The block of the thread that calls. A thread that we did not start counts as the main thread.
#[inline]
pub(super) fn current() -> &'static ControlBlock {
    // SAFETY: the word lies in the calling thread's TLS area, and nobody else uses it.
    let block = unsafe { word().read() };
    if block.is_null() {
        return main_block();
    }
    // SAFETY: set by `enter` to the running thread's block, which lives longer than the thread. Callers don't
    // keep the reference longer than that.
    unsafe { &*block }
}

/// The main thread's block.
#[cfg(not(threadlink_std))]
pub(super) fn main_block() -> &'static ControlBlock {
    &MAIN_BLOCK
}

/// Makes this the block of the thread that calls.
#[cfg(not(threadlink_std))]
pub(super) fn enter(block: &ControlBlock) {
    // SAFETY: as in `current`.
    unsafe { word().write(ptr::from_ref(block)) };
}
