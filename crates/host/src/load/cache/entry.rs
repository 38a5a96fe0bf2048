//! One file: the code as the engine has made it, and behind it what else there is to know of the module, so that its code need not
//! be read. All numbers are little-endian.
//!
//! ```text
//! code  facts  checksum of each MiB of the code  foot: key, length of the code, length of the facts, checksum, mark
//! ```

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use crc32fast::Hasher;

use super::key::Key;
use crate::load::rewrite::OffsetMap;
use crate::load::rewrite::calls::Waits;
use crate::load::shape::CodeFacts;

/// The last letter is the version.
const MARK: [u8; 8] = *b"tlcode-1";
const KEY: usize = 32;
/// Bytes of the foot: key, two lengths, checksum, mark.
const FOOT: usize = KEY + 8 + 8 + 4 + MARK.len();
/// Bytes of code that have one checksum.
const BLOCK: usize = 1 << 20;

/// What is kept besides the code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// What the code of the module says.
    pub(crate) facts: CodeFacts,
    /// What leads from the code of a copy to that of the module; `None` if the module itself was compiled.
    pub(crate) offsets: Option<OffsetMap>,
}

/// What comes of looking for code.
pub(crate) enum Found {
    /// The file begins with it.
    Code(Kept, File),
    /// There is none, or it is damaged: a new one may take its place.
    Nothing,
    /// There is some that may not be this user's, or might be: why it is not used.
    Refused(String),
}

impl Kept {
    fn write(&self) -> Vec<u8> {
        let mut bytes = vec![
            self.facts.waits.bits(),
            u8::from(self.facts.instances_change),
            u8::from(self.offsets.is_some()),
        ];
        if let Some(offsets) = &self.offsets {
            offsets.write(&mut bytes);
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let ([waits, change, copied], rest) = bytes.split_first_chunk()?;
        Some(Self {
            facts: CodeFacts {
                waits: Waits::of_bits(*waits)?,
                instances_change: *change != 0,
            },
            offsets: match copied {
                0 if rest.is_empty() => None,
                1 => Some(OffsetMap::read(rest)?),
                _ => return None,
            },
        })
    }
}

/// Bytes of the file for so much code.
pub(super) fn length(kept: &Kept, code: &[u8]) -> u64 {
    (code.len() + kept.write().len() + 4 * code.len().div_ceil(BLOCK) + FOOT) as u64
}

/// Writes the file for what a key stands for.
pub(super) fn write(to: &mut impl Write, key: &Key, kept: &Kept, code: &[u8]) -> io::Result<()> {
    to.write_all(code)?;
    let facts = kept.write();
    let mut rest = facts.clone();
    for block in code.chunks(BLOCK) {
        rest.extend(crc32fast::hash(block).to_le_bytes());
    }
    rest.extend(key.as_bytes());
    rest.extend((code.len() as u64).to_le_bytes());
    rest.extend((facts.len() as u64).to_le_bytes());
    rest.extend(crc32fast::hash(&rest).to_le_bytes());
    rest.extend(MARK);
    to.write_all(&rest)?;
    to.flush()
}

/// Reads what is known besides the code, from the file for what a key stands for; `None` if it is something else, or if a byte of it
/// is not as it was written.
pub(super) fn read(file: &mut (impl Read + Seek), key: &Key) -> io::Result<Option<Kept>> {
    let length = file.seek(SeekFrom::End(0))?;
    let Some(foot_at) = length.checked_sub(FOOT as u64) else {
        return Ok(None);
    };
    let mut foot = [0; FOOT];
    file.seek(SeekFrom::Start(foot_at))?;
    file.read_exact(&mut foot)?;
    let Some(foot) = Foot::read(&foot) else {
        return Ok(None);
    };
    let blocks = foot.code.div_ceil(BLOCK as u64);
    let lengths = [foot.code, foot.facts, 4 * blocks];
    let sum = lengths.into_iter().try_fold(0_u64, u64::checked_add);
    if foot.key != *key.as_bytes() || sum != Some(foot_at) {
        return Ok(None);
    }
    let (Ok(facts), Ok(rest)) = (usize::try_from(foot.facts), usize::try_from(length - foot.code)) else {
        return Ok(None);
    };
    let mut behind = vec![0; rest];
    file.seek(SeekFrom::Start(foot.code))?;
    file.read_exact(&mut behind)?;
    if crc32fast::hash(&behind[..rest - MARK.len() - 4]) != foot.checksum {
        return Ok(None);
    }
    let (checksums, _) = behind[facts..rest - FOOT].as_chunks::<4>();
    if !is_whole(file, foot.code, checksums)? {
        return Ok(None);
    }
    Ok(Kept::read(&behind[..facts]))
}

/// Whether each block of the code has its checksum.
fn is_whole(file: &mut (impl Read + Seek), code: u64, checksums: &[[u8; 4]]) -> io::Result<bool> {
    file.seek(SeekFrom::Start(0))?;
    let mut left = code;
    let mut buffer = vec![0; BLOCK.min(usize::try_from(code).unwrap_or(BLOCK))];
    for checksum in checksums {
        let length = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
        let block = &mut buffer[..length];
        file.read_exact(block)?;
        let mut hasher = Hasher::new();
        hasher.update(block);
        if hasher.finalize().to_le_bytes() != *checksum {
            return Ok(false);
        }
        left -= length as u64;
    }
    Ok(true)
}

struct Foot {
    key: [u8; KEY],
    code: u64,
    facts: u64,
    /// Of the facts and all that comes between them and this.
    checksum: u32,
}

impl Foot {
    fn read(bytes: &[u8; FOOT]) -> Option<Self> {
        let (key, rest) = bytes.split_first_chunk()?;
        let (code, rest) = rest.split_first_chunk()?;
        let (facts, rest) = rest.split_first_chunk()?;
        let (checksum, mark) = rest.split_first_chunk()?;
        (mark == MARK).then_some(Self {
            key: *key,
            code: u64::from_le_bytes(*code),
            facts: u64::from_le_bytes(*facts),
            checksum: u32::from_le_bytes(*checksum),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn kept(offsets: bool) -> Kept {
        let map = || {
            let mut map = OffsetMap::default();
            map.push(1, 2);
            map.push(9, 4);
            map.place(30, 40);
            map
        };
        Kept {
            facts: CodeFacts {
                waits: Waits::of_bits(5).unwrap(),
                instances_change: offsets,
            },
            offsets: offsets.then(map),
        }
    }

    fn written(kept: &Kept, code: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, &key(1), kept, code).unwrap();
        bytes
    }

    fn key(byte: u8) -> Key {
        Key::of_bytes([byte; 32])
    }

    fn read_as(bytes: &[u8], key: &Key) -> Option<Kept> {
        read(&mut Cursor::new(bytes), key).unwrap()
    }

    #[test]
    fn an_entry_is_read_as_it_was_written_and_for_its_own_key_only() {
        let large = vec![3; 2 * BLOCK + 1];
        for (offsets, code) in [(false, &b"code"[..]), (true, b""), (true, &large)] {
            let bytes = written(&kept(offsets), code);
            assert_eq!(bytes.len() as u64, length(&kept(offsets), code));
            assert!(bytes.starts_with(code));
            assert_eq!(read_as(&bytes, &key(1)), Some(kept(offsets)));
            assert_eq!(read_as(&bytes, &key(2)), None);
        }
    }

    #[test]
    fn no_byte_can_be_changed_or_left_out() {
        let bytes = written(&kept(true), b"some code");
        for at in 0..bytes.len() {
            assert_eq!(read_as(&bytes[..at], &key(1)), None, "{at}");
            let mut changed = bytes.clone();
            changed[at] ^= 0x80;
            assert_eq!(read_as(&changed, &key(1)), None, "{at}");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert_eq!(read_as(&longer, &key(1)), None);
        assert_eq!(read_as(b"", &key(1)), None);
    }

    #[test]
    fn lengths_that_lie_are_not_believed() {
        let bytes = written(&kept(false), b"code");
        let foot = bytes.len() - FOOT;
        for at in [foot + KEY, foot + KEY + 8] {
            for lie in [u64::MAX, u64::MAX - 3, 1 << 40, 0] {
                let mut changed = bytes.clone();
                changed[at..at + 8].copy_from_slice(&lie.to_le_bytes());
                assert_eq!(read_as(&changed, &key(1)), None, "{at} {lie}");
            }
        }
    }
}
