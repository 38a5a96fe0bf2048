//! Numbers and strings on the wire: little-endian base-128 varints, zigzag differences, length-prefixed UTF-8.
//!
//! [`Cursor`] takes nothing on trust: every read is checked against what is left.

/// Longest string that is stored, in bytes: names come from the guest and are cut to this.
pub(crate) const MAX_STRING: usize = 4096;

/// Appends `value` in groups of seven bits, lowest first, the high bit set on all bytes but the last.
pub(crate) fn put_u64(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends the difference from `last` to `value` (modulo 2^32), small differences of either sign in few bytes,
/// and makes `value` the new `last`.
pub(crate) fn put_delta(out: &mut Vec<u8>, last: &mut u32, value: u32) {
    let delta = value.wrapping_sub(*last) as i32;
    *last = value;
    put_u64(out, u64::from(((delta << 1) ^ (delta >> 31)) as u32));
}

/// Appends the length of `text` and its bytes; a text over [`MAX_STRING`] is cut at a character's end.
pub(crate) fn put_str(out: &mut Vec<u8>, text: &str) {
    let text = &text[..text.floor_char_boundary(MAX_STRING)];
    put_u64(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Reads what the `put_*` functions wrote, from bytes that may be anything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Cursor { bytes, at: 0 }
    }

    /// Bytes read so far.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.remaining() == 0
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        let byte = *self.bytes.get(self.at).ok_or(Malformed::EndsEarly)?;
        self.at += 1;
        Ok(byte)
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let end = self.at.checked_add(length).ok_or(Malformed::EndsEarly)?;
        let bytes = self.bytes.get(self.at..end).ok_or(Malformed::EndsEarly)?;
        self.at = end;
        Ok(bytes)
    }

    #[inline]
    pub(crate) fn u64(&mut self) -> Result<u64, Malformed> {
        if let Some(&byte) = self.bytes.get(self.at)
            && byte < 0x80
        {
            self.at += 1;
            return Ok(u64::from(byte));
        }
        self.long_u64()
    }

    fn long_u64(&mut self) -> Result<u64, Malformed> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let group = u64::from(byte & 0x7f);
            if shift == 63 && group > 1 {
                return Err(Malformed::TooBig);
            }
            value |= group << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed::TooBig)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        u32::try_from(self.u64()?).map_err(|_| Malformed::TooBig)
    }

    pub(crate) fn delta(&mut self, last: &mut u32) -> Result<u32, Malformed> {
        let zigzag = self.u32()?;
        let delta = (zigzag >> 1) as i32 ^ -((zigzag & 1) as i32);
        *last = last.wrapping_add(delta as u32);
        Ok(*last)
    }

    pub(crate) fn str(&mut self) -> Result<&'a str, Malformed> {
        let length = self.u64()?;
        if length > MAX_STRING as u64 {
            return Err(Malformed::TooBig);
        }
        std::str::from_utf8(self.take(length as usize)?).map_err(|_| Malformed::NotUtf8)
    }
}

/// Why bytes are not what their chunk's kind says. Its `Display` completes "the chunk ...".
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// A value goes on after the payload's end.
    #[error("ends in the middle of a value")]
    EndsEarly,
    /// A number does not fit its type, or a count exceeds what the rest of the chunk can hold.
    #[error("holds a number that is out of range")]
    TooBig,
    /// A name is not UTF-8.
    #[error("holds a name that is not UTF-8")]
    NotUtf8,
    /// A tag or flag that the file's version does not define.
    #[error("holds a tag or flag that its format version does not have")]
    UnknownTag,
    /// Bytes follow the last value.
    #[error("goes on after its last value")]
    TrailingBytes,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_survive(values in prop::collection::vec(any::<u64>(), 0..20)) {
            let mut out = Vec::new();
            values.iter().for_each(|&value| put_u64(&mut out, value));
            let mut cursor = Cursor::new(&out);
            for value in values {
                prop_assert_eq!(cursor.u64(), Ok(value));
            }
            prop_assert!(cursor.is_empty());
        }

        #[test]
        fn deltas_survive(values in prop::collection::vec(any::<u32>(), 0..20)) {
            let (mut out, mut last) = (Vec::new(), 0);
            values.iter().for_each(|&value| put_delta(&mut out, &mut last, value));
            let (mut cursor, mut last) = (Cursor::new(&out), 0);
            for value in values {
                prop_assert_eq!(cursor.delta(&mut last), Ok(value));
            }
        }

        #[test]
        fn strings_survive_or_are_cut_at_a_character(text in "\\PC{0,3000}") {
            let mut out = Vec::new();
            put_str(&mut out, &text);
            let mut cursor = Cursor::new(&out);
            let back = cursor.str().unwrap();
            prop_assert!(text.starts_with(back));
            prop_assert!(back == text || back.len() > MAX_STRING - 4);
        }
    }

    #[test]
    fn hostile_bytes_are_refused() {
        assert_eq!(Cursor::new(&[]).byte(), Err(Malformed::EndsEarly));
        assert_eq!(Cursor::new(&[0x80]).u64(), Err(Malformed::EndsEarly));
        assert_eq!(Cursor::new(&[0xff; 11]).u64(), Err(Malformed::TooBig));
        assert_eq!(
            Cursor::new(&[0xff, 0xff, 0xff, 0xff, 0x10]).u32(),
            Err(Malformed::TooBig)
        );
        assert_eq!(Cursor::new(&[5, b'a']).str(), Err(Malformed::EndsEarly));
        assert_eq!(Cursor::new(&[1, 0xff]).str(), Err(Malformed::NotUtf8));
        assert_eq!(Cursor::new(&[0xff, 0xff, 0x7f]).str(), Err(Malformed::TooBig));
    }
}
