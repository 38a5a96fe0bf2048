//! Ended threads that nobody will join: the next spawn joins them and takes their blocks back.
//!
//! A block gets here when its thread has run everything, destructors of thread-locals included, and its handle is
//! gone: pushed by whichever of the two came last (`thread/lifecycle.rs`). So a reaper's join waits for a few
//! instructions of the trampoline, never for user code.

use core::panic::Location;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use core::time::Duration;

use super::block::ControlBlock;
use super::current::current;
use super::memory::{self, OwnedBlock};
use super::{futex, imports};
use crate::patience::Patience;
use crate::reap_list::ReapList;
use threadlink_abi::errno;
use threadlink_abi::layout::block::OP_REAP;

static ENDED: ReapList<ControlBlock> = ReapList::new();

/// Threads without a handle whose closure has returned and that have not finished yet: that are not on the list, or,
/// if a scope keeps their handle, have not said so.
static ENDING: AtomicUsize = AtomicUsize::new(0);

/// How often a spawn looks whether detached threads have ended, before it pauses between looks.
const HURRIED_LOOKS: u32 = 200;
static PATIENCE: Patience = Patience::new();
const PAUSE: Duration = Duration::from_micros(20);

/// The closure of the calling thread has returned.
pub(super) fn begin_ending(block: &ControlBlock) {
    if block.lifecycle.is_let_go() {
        ENDING.fetch_add(1, Ordering::Relaxed);
        block.ending.store(1, Ordering::Relaxed);
    }
}

/// Leaves a block to the next spawn.
///
/// # Safety
/// The block's thread was started and runs no more code than the way out of `thread_start`; no handle is left;
/// and the block is pushed once.
pub(super) unsafe fn push(block: NonNull<ControlBlock>) {
    // SAFETY: the block is alive until a reaper recycles it, which can be at once after the push.
    let counted = unsafe { block.as_ref() }.ending.swap(0, Ordering::Relaxed) != 0;
    // SAFETY: alive as above; pushed once, so it is on no list.
    unsafe { ENDED.push(block.as_ptr()) };
    if counted {
        count_out();
    }
}

/// The thread of this block has finished and its scope will join it.
pub(super) fn finished(block: &ControlBlock) {
    // The block stays what it is until the thread has left it, since only a join gives it to another.
    if block.ending.swap(0, Ordering::Relaxed) != 0 {
        count_out();
    }
}

/// Called after what the thread is waited for, so that whoever waits for the count finds it done. The count
/// saturates, because a spawn that ran out of patience resets it. Release, as a push is.
fn count_out() {
    let _ = ENDING.try_update(Ordering::Release, Ordering::Relaxed, |count| count.checked_sub(1));
}

/// Joins every detached thread that has ended, and those that are ending if they are quick. `site` is where the
/// program spawns.
pub(super) fn reap(site: &'static Location<'static>) {
    reap_ended(site);
    if await_ending() {
        reap_ended(site);
    }
}

/// Waits for threads that are ending, if they are quick; whether it did.
///
/// A program that bounds its detached threads counts one as gone when its closure has returned; its last steps
/// may take much longer, should the system take the processor away. If spawns didn't wait for them, memory and
/// the host's threads would grow whenever that happens to more threads at once than ever before. The wait is
/// bounded, because these last steps include destructors of thread-locals, which are the program's code: one may
/// wait for the very thread that spawns. And it gets shorter each time that it was in vain.
pub fn await_ending() -> bool {
    if ENDING.load(Ordering::Acquire) == 0 || current().ending.load(Ordering::Relaxed) != 0 {
        // The latter: spawned by a destructor of a thread-local, on a thread that is ending itself.
        return false;
    }
    for look in 0..HURRIED_LOOKS + PATIENCE.pauses() {
        if look < HURRIED_LOOKS {
            core::hint::spin_loop();
        } else {
            // Nobody wakes this up: it is a sleep.
            futex::wait(&AtomicU32::new(0), 0, Some(PAUSE));
        }
        if ENDING.load(Ordering::Acquire) == 0 {
            PATIENCE.rewarded();
            return true;
        }
    }
    PATIENCE.disappointed();
    // Whoever is still ending is stuck, or has died: don't wait for the same ones again.
    ENDING.store(0, Ordering::Relaxed);
    true
}

/// Joins every thread on the list.
fn reap_ended(site: &'static Location<'static>) {
    for ended in ENDED.take_all().filter_map(NonNull::new) {
        OwnedBlock::reserve();
        // In a trace, this join orders nothing: the program didn't ask for it.
        current().announce(OP_REAP, site);
        // SAFETY: taken from the list, so that it is alive and nobody else has it.
        let id = unsafe { ended.as_ref() }.id.load(Ordering::Relaxed);
        match imports::thread_join(id) {
            // SAFETY: joined with success; taken from the list, so nobody else has it.
            errno::OK => unsafe { OwnedBlock::take_back(ended) },
            // Nothing is left that could have died, except on a host that lost its books.
            _ => memory::count_leak(),
        }
    }
}
