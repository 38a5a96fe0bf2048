//! A chunk: a 24-byte header with two checksums, then the payload.
//!
//! The header has a checksum of its own so that a damaged length is told apart from a file that ends early.

/// Size of a chunk's header, in bytes.
pub(crate) const HEADER_SIZE: usize = 24;

/// First bytes of every chunk. The first byte is no text, so a transfer that rewrites line ends or strips the
/// high bit shows at once.
pub(crate) const SYNC: [u8; 4] = *b"\x89TLK";

/// Largest payload, in bytes.
pub(crate) const MAX_PAYLOAD: usize = 1 << 24;

/// First bytes of the first chunk's payload; the format's version follows as a little-endian `u16`, then a `u16`
/// of zero.
pub(crate) const MAGIC: [u8; 12] = *b"threadtrace\n";

/// Values of a header's kind byte.
pub(crate) mod kind {
    pub(crate) const FILE: u8 = 1;
    pub(crate) const EVENTS: u8 = 2;
    pub(crate) const THREADS: u8 = 3;
    pub(crate) const SITES: u8 = 4;
    pub(crate) const DEADLOCK: u8 = 5;
    pub(crate) const END: u8 = 6;
    pub(crate) const LOCKS: u8 = 7;
}

/// The parts of a header that vary.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    pub(crate) kind: u8,
    /// Number of the chunk in its file, from 0.
    pub(crate) sequence: u32,
    /// In bytes.
    pub(crate) length: usize,
    pub(crate) payload_crc: u32,
}

/// A whole chunk.
///
/// # Panics
/// If the payload is larger than [`MAX_PAYLOAD`].
pub(crate) fn assemble(kind: u8, sequence: u32, payload: &[u8]) -> Vec<u8> {
    assert!(
        payload.len() <= MAX_PAYLOAD,
        "a chunk's payload is larger than the format allows"
    );
    let mut out = Vec::with_capacity(HEADER_SIZE + payload.len());
    out.extend_from_slice(&SYNC);
    out.extend_from_slice(&[kind, 0, 0, 0]);
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
    out.extend_from_slice(payload);
    out
}

/// What is wrong with a chunk's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BadHeader {
    /// It does not begin with [`SYNC`].
    Sync,
    /// Its checksum does not match.
    Checksum,
    /// The checksum matches, and yet a field has a value that no writer gives it.
    Field,
}

impl Header {
    /// The header in these bytes.
    pub(crate) fn parse(bytes: &[u8; HEADER_SIZE]) -> Result<Header, BadHeader> {
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        if bytes[..4] != SYNC {
            return Err(BadHeader::Sync);
        }
        if crc32fast::hash(&bytes[..20]) != word(20) {
            return Err(BadHeader::Checksum);
        }
        let length = word(8) as usize;
        if length > MAX_PAYLOAD || bytes[5..8] != [0; 3] {
            return Err(BadHeader::Field);
        }
        Ok(Header {
            kind: bytes[4],
            sequence: word(12),
            length,
            payload_crc: word(16),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_of_a_header_shows() {
        let chunk = assemble(kind::EVENTS, 7, b"payload");
        let header: [u8; HEADER_SIZE] = chunk[..HEADER_SIZE].try_into().unwrap();
        assert_eq!(
            Header::parse(&header),
            Ok(Header {
                kind: kind::EVENTS,
                sequence: 7,
                length: 7,
                payload_crc: crc32fast::hash(b"payload"),
            })
        );
        for bit in 0..HEADER_SIZE * 8 {
            let mut flipped = header;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Header::parse(&flipped).is_err(), "bit {bit}");
        }
    }
}
