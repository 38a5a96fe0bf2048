//! What a host's own code puts into the words that guests leave to hosts, where locks are tried first and hooks of locks that
//! were free are not told: who has a lock and where it was taken, and what each thread reads.
//!
//! A lock's [`MARK`](lock::MARK) has two words. The second is written by whoever has just locked it alone, the first also by
//! readers. A control block's [`ROOM`](block::ROOM) has a list of what its thread holds for reading. All of it is in the
//! guest's memory, and as little to be trusted as the rest.

use threadlink_abi::layout::{block, lock};

use super::block::Block;
use crate::memory::Memory;

/// Offset in a lock: where it was locked alone last, the address of a `Location`; with [`WAS_READ`].
pub const TAKEN_AT: u32 = lock::MARK;
/// Offset in a lock: the id of the thread that has locked it alone last, plus one. It holds it still if the lock's holder word names its
/// control block.
pub const TAKEN_BY: u32 = lock::MARK + 4;
/// The bit in [`TAKEN_AT`] that says that somebody has held the lock for reading.
pub const WAS_READ: u32 = 1;

/// Offset in a control block: the list of what its thread holds for reading, [`READS_KEPT`] entries.
pub const READS: u32 = block::ROOM;
/// Entries of that list. A host is told of what has no room in it.
pub const READS_KEPT: u32 = block::ROOM_SIZE / READ_SIZE;
/// Bytes of an entry.
pub const READ_SIZE: u32 = 12;
/// Offset in an entry: the address of the lock, or 0 in an entry that is free.
pub const READ_LOCK: u32 = 0;
/// Offset in an entry: the number of the lock that stands there.
pub const READ_INSTANCE: u32 = 4;
/// Offset in an entry: where it was taken.
pub const READ_SITE: u32 = 8;

/// The addresses of the entries of a thread's list.
///
/// ```
/// use threadlink_watch::Memory;
/// use threadlink_watch::guest::block::Block;
/// use threadlink_watch::guest::mark;
///
/// /// How many locks a thread holds for reading.
/// fn reads(memory: &impl Memory, block: Block) -> usize {
///     let held = |entry: &u32| memory.load(*entry).is_some_and(|lock| lock != 0);
///     mark::reads(block).filter(held).count()
/// }
/// # struct N;
/// # impl Memory for N {
/// #     fn load(&self, _: u32) -> Option<u32> { None }
/// #     fn read(&self, _: u32, _: u32) -> Option<Vec<u8>> { None }
/// # }
/// # let _ = |block| reads(&N, block);
/// ```
pub fn reads(block: Block) -> impl Iterator<Item = u32> {
    let first = block.address().wrapping_add(READS);
    (0..READS_KEPT).map(move |index| first.wrapping_add(index * READ_SIZE))
}

/// Lock, number and place of each entry that is not free.
pub(crate) fn held(memory: &impl Memory, block: Block) -> impl Iterator<Item = (u32, u32, u32)> {
    reads(block).filter_map(|entry| {
        let word = |offset: u32| memory.load(entry.checked_add(offset)?);
        let lock = word(READ_LOCK).filter(|lock| *lock != 0)?;
        Some((lock, word(READ_INSTANCE)?, word(READ_SITE)?))
    })
}
