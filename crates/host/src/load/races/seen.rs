//! What a thread has told of already, in a memory beside the program's: eight bytes for eight bytes. A copy looks there before it
//! calls the host, so that an access costs a few instructions as long as it is like one before.
//!
//! The upper half of a word is the moment of the thread that has told last (a number that no other thread has, and that is another
//! one after each release). The lower half has a bit for each byte that is *not* told of: 8 for writes, 8 that are always set, and
//! the same for reads. An access that leaves its eight bytes meets one of those that are always set.

/// The bits of a word that has told nothing.
const NOTHING: u32 = u32::MAX;
/// Where the bits for reads begin.
pub(super) const READS: u32 = 16;
/// The bits of the moment.
pub(super) const MOMENT: u64 = 0xFFFF_FFFF_0000_0000;

/// A moment as a copy's global has it.
pub(crate) fn global(moment: u32) -> i64 {
    (u64::from(moment) << 32).cast_signed()
}

/// The bits that are looked at for an access of so many bytes, to be moved by its place in the eight.
pub(super) fn bits(bytes: u8, writes: bool) -> u64 {
    let bytes = (1_u64 << bytes) - 1;
    if writes { bytes } else { bytes << READS }
}

/// What a word becomes when at `moment` these bytes (`mask`) were told of.
pub(crate) fn told(word: u64, moment: u32, mask: u8, writes: bool) -> u64 {
    let mut bits = if word >> 32 == u64::from(moment) {
        word as u32
    } else {
        NOTHING
    };
    bits &= !(u32::from(mask) << READS);
    if writes {
        bits &= !u32::from(mask);
    }
    u64::from(moment) << 32 | u64::from(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a copy computes.
    fn asks(word: u64, moment: u32, at: u32, bytes: u8, writes: bool) -> bool {
        (word ^ global(moment).cast_unsigned()) & (MOMENT | bits(bytes, writes) << (at & 7)) != 0
    }

    #[test]
    fn what_was_told_is_not_told_again() {
        let read = told(0, 5, 0b1111, false);
        assert!(!asks(read, 5, 0, 4, false));
        assert!(asks(read, 5, 0, 4, true), "a write is more than a read");
        assert!(asks(read, 6, 0, 4, false), "another moment");
        assert!(asks(read, 5, 2, 4, false), "two bytes more");
        let written = told(read, 5, 0b1111_0000, true);
        assert!(!asks(written, 5, 4, 4, true) && !asks(written, 5, 0, 8, false));
        assert!(asks(written, 5, 0, 8, true));
        // Beyond the eight bytes.
        let all = told(0, 5, 0xFF, true);
        assert!(!asks(all, 5, 7, 1, true));
        assert!(asks(all, 5, 7, 2, true) && asks(all, 5, 6, 4, false));
        assert!(asks(0, 1, 0, 1, false), "nothing was told of at first");
    }
}
