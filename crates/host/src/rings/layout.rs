//! What stands where in the memory of the rings: offsets in bytes. The first page is for all threads, each of the others is
//! lent to one.

use threadlink_trace::CompactEvent;

/// Bytes of a page.
pub(crate) const PAGE: u32 = 1 << 16;

/// In the first page, 64 bits: what time it is, or was a moment ago.
pub(crate) const CLOCK: u32 = 0;
/// In the first page, 32 bits: not 0 once the trace is closed.
pub(crate) const CLOSED: u32 = 8;
/// In the first page: a word of 32 bits for each [`place`] of locks, never 0. It changes when the trace is told that another
/// lock stands at an address than before.
pub(crate) const GENERATIONS: u32 = 4096;

/// In a thread's page, 64 bits: the time of its last event.
pub(crate) const LAST: u32 = 0;
/// In a thread's page, 32 bits: how many events were written to it. It wraps.
pub(crate) const WRITTEN: u32 = 8;
/// In a thread's page, 32 bits: how many may be written before some are taken. It wraps.
pub(crate) const LIMIT: u32 = 12;
/// In a thread's page, 32 bits: up to which of the locks that it has dropped the trace knows
/// (`threadlink_abi::layout::block::ENDED`).
pub(crate) const ENDED: u32 = 16;
/// In a thread's page: for each [`place`] a site that the trace was told of.
pub(crate) const SITES: u32 = 4096;
/// In a thread's page: for each [`place`] a lock that the trace was told of, [`LOCK_SIZE`] bytes.
pub(crate) const LOCKS: u32 = 16384;
/// Bytes of an entry at [`LOCKS`].
pub(crate) const LOCK_SIZE: u32 = 16;
/// In an entry, 64 bits: the lock's address, and its number in the high half.
pub(crate) const LOCK: u32 = 0;
/// In an entry, 32 bits: the word at [`GENERATIONS`] when the trace was told.
pub(crate) const LOCK_GENERATION: u32 = 8;
/// In a thread's page: the ring, a power of two of events.
pub(crate) const EVENTS: u32 = 32768;
/// Events in a ring.
pub(crate) const CAPACITY: u32 = (PAGE - EVENTS) / CompactEvent::SIZE as u32;

/// Bits of a place.
pub(crate) const PLACE_BITS: u32 = 10;
/// What an address is multiplied with, modulo 2^32: the place is in the highest bits.
pub(crate) const SPREAD: u32 = 0x9E37_79B1;

const _: () = {
    assert!(CAPACITY.is_power_of_two());
    assert!(GENERATIONS + (4 << PLACE_BITS) <= PAGE);
    assert!(SITES + (4 << PLACE_BITS) <= LOCKS && LOCKS + (LOCK_SIZE << PLACE_BITS) <= EVENTS);
    assert!(LOCK_SIZE.is_power_of_two() && CompactEvent::SIZE.is_power_of_two());
};

/// Where what is known of an address stands in a table.
pub(crate) fn place(address: u32) -> u32 {
    address.wrapping_mul(SPREAD) >> (32 - PLACE_BITS)
}

/// The latest time in a lock's stamp that is believed: a guest may write what it likes there.
pub(crate) const LATEST_BITS: u32 = 59;
