//! Where the code of a copy stood in the original: the engine tells offsets in the copy, debug information and people
//! want those of the original.

/// A map of offsets, as pieces within which copy and original differ by a constant.
#[derive(Debug, Default)]
pub(super) struct OffsetMap {
    /// Where the contents of the code section begin, in the copy and in the original.
    copy: usize,
    original: usize,
    /// Where a piece begins, counted from there, in the copy and in the original. In order of both.
    pieces: Vec<(u32, u32)>,
}

impl OffsetMap {
    /// Adds a piece, which begins behind all others.
    pub(super) fn push(&mut self, copy: u32, original: u32) {
        let goes_on = self
            .pieces
            .last()
            .is_some_and(|last| copy.wrapping_sub(last.0) == original.wrapping_sub(last.1));
        if !goes_on {
            self.pieces.push((copy, original));
        }
    }

    /// Says where the code sections begin.
    pub(super) fn place(&mut self, copy: usize, original: usize) {
        (self.copy, self.original) = (copy, original);
        self.pieces.shrink_to_fit();
    }

    /// The offset in the original of what stands at `offset` in the copy. One before the code has none, and stays.
    pub(super) fn original(&self, offset: usize) -> usize {
        let Some(at) = offset
            .checked_sub(self.copy)
            .and_then(|at| u32::try_from(at).ok())
        else {
            return offset;
        };
        let behind = self.pieces.partition_point(|piece| piece.0 <= at);
        match behind.checked_sub(1).and_then(|index| self.pieces.get(index)) {
            Some((copy, original)) => self.original + *original as usize + (at - copy) as usize,
            None => self.original + at as usize,
        }
    }

    /// Pieces that it holds.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_belongs_to_the_piece_that_begins_before_it() {
        let mut map = OffsetMap::default();
        for (copy, original) in [(1, 1), (5, 5), (10, 9), (12, 9), (20, 17), (30, 40)] {
            map.push(copy, original);
        }
        map.place(1000, 2000);
        // The second and the fifth go on as before.
        assert_eq!(map.len(), 4);
        for (offset, original) in [
            (0, 0),
            (999, 999),
            (1000, 2000),
            (1001, 2001),
            (1009, 2009),
            (1010, 2009),
            (1011, 2010),
            (1012, 2009),
            (1029, 2026),
            (1030, 2040),
            (1_000_000, 1_001_010),
        ] {
            assert_eq!(map.original(offset), original, "{offset}");
        }
    }
}
