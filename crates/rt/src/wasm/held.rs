//! What a thread has for itself alone, and how others learn that it has died with it: a word of the layer above, in which
//! the host sets a bit then. Linux does the same for locks between processes.

use core::ptr;
use core::sync::atomic::AtomicU32;

use super::block::ControlBlock;
use super::current::current;
pub use threadlink_abi::layout::block::HELD_BY_DEAD as BY_DEAD;

/// Says that the thread that calls has for itself what this word stands for. When it dies by a trap, the host sets
/// [`BY_DEAD`] in the word and wakes all that wait at it; a host that knows nothing of this does nothing. There are as many
/// places as `threadlink_abi::layout::block::HELD_COUNT`, one word each.
pub fn hold(place: usize, word: &'static AtomicU32) {
    current().set_held(place, Some(word));
}

/// As [`hold`], in a place in which the thread says nothing yet; which that is, or none.
pub fn hold_in_free_place(word: &'static AtomicU32) -> Option<usize> {
    let place = current().free_place()?;
    hold(place, word);
    Some(place)
}

/// Says that it has it no more; before anybody else can.
pub fn release(place: usize) {
    current().set_held(place, None);
}

/// The name of a thread that has died, if it had one: UTF-8, unless the thread has damaged it before.
///
/// # Safety
/// `thread` is what `hooks::holder` said on a thread that has died.
#[must_use]
pub unsafe fn name_of_dead(thread: usize) -> Option<&'static [u8]> {
    let block = ptr::with_exposed_provenance::<ControlBlock>(thread);
    // SAFETY: a dead thread's block is never given back.
    unsafe { (*block).name() }
}
