//! What the copy of this runtime that is below std has, for the copy that is below the crate `threadlink`: it is found through
//! the module's descriptor.

use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};

use super::block::ControlBlock;
use threadlink_abi::layout::descriptor;

/// The word of the descriptor at this offset.
fn word(offset: u32) -> *const u32 {
    unsafe extern "C" {
        static __threadlink_descriptor: u8;
    }
    (&raw const __threadlink_descriptor)
        .wrapping_add(offset as usize)
        .cast()
}

/// The main thread's block.
pub(super) fn main_block() -> &'static ControlBlock {
    // SAFETY: the descriptor has a word there with the address of a block that lives for ever. What both copies read and write
    // of a block is the part that `threadlink_abi::layout::block` lays out, which is all atomic.
    unsafe { &*ptr::with_exposed_provenance(word(descriptor::MAIN_BLOCK).read() as usize) }
}

/// Sets how many bytes of stack std's threads get that ask for nothing, unless whoever runs the program wants more for them.
pub fn set_default_stack(bytes: usize) {
    // SAFETY: each descriptor has this word.
    let flags = unsafe { word(descriptor::FLAGS).read() };
    if flags & descriptor::FLAG_MIN_STACK == 0 {
        return;
    }
    // SAFETY: with this flag there is a word with the address of an atomic one that lives for ever.
    let least: &AtomicU32 =
        unsafe { &*ptr::with_exposed_provenance(word(descriptor::MIN_STACK).read() as usize) };
    // A size of this target has 32 bits.
    #[allow(clippy::cast_possible_truncation, reason = "usize has 32 bits here")]
    least.fetch_max(bytes as u32, Ordering::Relaxed);
}
