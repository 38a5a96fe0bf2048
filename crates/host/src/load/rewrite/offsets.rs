//! Where the code of a copy stood in the original: the engine tells offsets in the copy, debug information and people
//! want those of the original.

/// A map of offsets, as pieces within which copy and original differ by a constant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OffsetMap {
    /// Where the contents of the code section begin, in the copy and in the original.
    copy: usize,
    original: usize,
    /// Where a piece begins, counted from there, in the copy and in the original. In order of the copy:
    /// what is there twice stood in one place.
    pieces: Vec<(u32, u32)>,
}

impl OffsetMap {
    /// Adds a piece, which begins behind all others.
    pub(crate) fn push(&mut self, copy: u32, original: u32) {
        let goes_on = self
            .pieces
            .last()
            .is_some_and(|last| copy.wrapping_sub(last.0) == original.wrapping_sub(last.1));
        if !goes_on {
            self.pieces.push((copy, original));
        }
    }

    /// Says where the code sections begin.
    pub(crate) fn place(&mut self, copy: usize, original: usize) {
        (self.copy, self.original) = (copy, original);
        self.pieces.shrink_to_fit();
    }

    /// The offset in the original of what stands at `offset` in the copy. One before the code has none, and stays.
    pub(crate) fn original(&self, offset: usize) -> usize {
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

    /// Writes it.
    pub(crate) fn write(&self, to: &mut Vec<u8>) {
        for place in [self.copy, self.original, self.pieces.len()] {
            to.extend((place as u64).to_le_bytes());
        }
        for (copy, original) in &self.pieces {
            to.extend(copy.to_le_bytes());
            to.extend(original.to_le_bytes());
        }
    }

    /// Reads what [`write`](Self::write) has written; `None` if these bytes are something else, or more than that.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (places, pieces) = bytes.split_first_chunk::<24>()?;
        let place = |index: usize| {
            let (_, bytes) = places.split_at_checked(8 * index)?;
            usize::try_from(u64::from_le_bytes(*bytes.first_chunk()?)).ok()
        };
        let (pieces, rest) = pieces.as_chunks::<8>();
        let map = Self {
            copy: place(0)?,
            original: place(1)?,
            pieces: pieces
                .iter()
                .map(|[a, b, c, d, e, f, g, h]| {
                    (
                        u32::from_le_bytes([*a, *b, *c, *d]),
                        u32::from_le_bytes([*e, *f, *g, *h]),
                    )
                })
                .collect(),
        };
        (rest.is_empty() && place(2)? == map.pieces.len()).then_some(map)
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
        let mut written = Vec::new();
        map.write(&mut written);
        assert_eq!(OffsetMap::read(&written), Some(map));
        for cut in 0..written.len() {
            assert_eq!(OffsetMap::read(&written[..cut]), None, "{cut}");
        }
    }
}
