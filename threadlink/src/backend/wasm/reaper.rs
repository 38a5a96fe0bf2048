//! Ended threads that nobody will join: the next spawn joins them and takes their blocks back.
//!
//! A block gets here when its thread has run everything, destructors of thread-locals included, and its handle is
//! gone: pushed by whichever of the two came last (`thread/lifecycle.rs`). So a reaper's join waits for a few
//! instructions of the trampoline, never for user code.

use std::panic::Location;
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use super::block::{self, ControlBlock};
use super::memory::{self, OwnedBlock};
use super::{handle, imports};
use crate::thread::reap_list::ReapList;
use threadlink_abi::errno;
use threadlink_abi::layout::block::OP_REAP;

static ENDED: ReapList<ControlBlock> = ReapList::new();

/// Leaves a block to the next spawn.
///
/// # Safety
/// The block's thread was started and runs no more code than the way out of `thread_start`; no handle is left;
/// and the block is pushed once.
pub(super) unsafe fn push(block: NonNull<ControlBlock>) {
    // SAFETY: the block is alive until a reaper recycles it; pushed once, so it is on no list.
    unsafe { ENDED.push(block.as_ptr()) };
}

/// Joins every thread on the list. `site` is where the program spawns.
pub(super) fn reap(site: &'static Location<'static>) {
    for ended in ENDED.take_all().filter_map(NonNull::new) {
        OwnedBlock::reserve();
        // In a trace, this join orders nothing: the program didn't ask for it.
        block::current().announce(OP_REAP, site);
        // SAFETY: taken from the list, so that it is alive and nobody else has it.
        let id = unsafe { ended.as_ref() }.id.load(Ordering::Relaxed);
        match imports::thread_join(id) {
            // SAFETY: joined with success; taken from the list, so nobody else has it.
            errno::OK => unsafe { handle::take_back(ended) },
            _ => memory::count_leak(),
        }
    }
}
