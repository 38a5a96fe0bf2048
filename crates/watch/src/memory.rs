//! The guest's memory as the detectors see it: the first of the two things that a host supplies.

/// The longest message that is read, in bytes; longer ones are cut.
const LONGEST_STRING: u32 = 64 * 1024;
/// The longest name of a thread or a lock: a host keeps them.
const LONGEST_NAME: u32 = 256;
/// The longest path of a source file.
const LONGEST_PATH: u32 = 1024;

/// Bounds-checked access to the memory of a guest that runs meanwhile.
///
/// Everything that is read is a claim of the guest's: it may be torn between words, and whoever follows an address or
/// a length checks it by asking for it here.
///
/// ```
/// use threadlink_watch::Memory;
///
/// struct Bytes(Vec<u8>);
///
/// impl Memory for Bytes {
///     fn load(&self, address: u32) -> Option<u32> {
///         let bytes = self.read(address, 4).filter(|_| address.is_multiple_of(4))?;
///         Some(u32::from_le_bytes(bytes.try_into().ok()?))
///     }
///
///     fn read(&self, address: u32, len: u32) -> Option<Vec<u8>> {
///         let start = address as usize;
///         Some(self.0.get(start..start.checked_add(len as usize)?)?.to_vec())
///     }
/// }
///
/// let memory = Bytes(b"\x01\0\0\0name".to_vec());
/// assert_eq!(memory.load(0), Some(1));
/// assert_eq!(memory.read_string(4, 4).as_deref(), Some("name"));
/// ```
pub trait Memory {
    /// The aligned word at `address`, or `None` if it is misaligned or not wholly inside the memory. Atomic, and at
    /// least an acquire.
    fn load(&self, address: u32) -> Option<u32>;

    /// A copy of `len` bytes from `address`, or `None` if they are not wholly inside the memory.
    fn read(&self, address: u32, len: u32) -> Option<Vec<u8>>;

    /// A string of at most 64 KiB, with replacement characters where it is not UTF-8. `None` for a null pointer or one
    /// out of bounds.
    fn read_string(&self, address: u32, len: u32) -> Option<String> {
        if address == 0 {
            return None;
        }
        let bytes = self.read(address, len.min(LONGEST_STRING))?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A name, likewise, of which at most 256 bytes are read: one that is longer ends in `...`.
    fn read_name(&self, address: u32, len: u32) -> Option<String> {
        Some(cut(
            self.read_string(address, len.min(LONGEST_NAME))?,
            len > LONGEST_NAME,
        ))
    }

    /// A path, likewise, of which at most 1,024 bytes are read.
    fn read_path(&self, address: u32, len: u32) -> Option<String> {
        Some(cut(
            self.read_string(address, len.min(LONGEST_PATH))?,
            len > LONGEST_PATH,
        ))
    }

    /// Whether all bytes from `from` up to `to` equal `value`; `None` if the range is not inside the memory.
    fn all_equal(&self, from: u32, to: u32, value: u8) -> Option<bool> {
        let bytes = self.read(from, to.checked_sub(from)?)?;
        Some(bytes.iter().all(|byte| *byte == value))
    }
}

/// A string that goes on, or not; with no half of a character at its end. Kept for long, so it has no room to spare.
fn cut(mut text: String, goes_on: bool) -> String {
    if goes_on {
        text.truncate(text.trim_end_matches(char::REPLACEMENT_CHARACTER).len());
        text.push_str("...");
    }
    text.shrink_to_fit();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A memory in which every byte is the next one of a string.
    struct Of(&'static [u8]);

    impl Memory for Of {
        fn load(&self, _: u32) -> Option<u32> {
            None
        }

        fn read(&self, _: u32, len: u32) -> Option<Vec<u8>> {
            Some(self.0.iter().copied().cycle().take(len as usize).collect())
        }
    }

    #[test]
    fn names_and_paths_are_cut_between_characters_and_say_so() {
        let memory = Of("\u{e9}\u{4e2d}".as_bytes());
        assert_eq!(memory.read_name(1, 5).as_deref(), Some("\u{e9}\u{4e2d}"));
        let long = memory.read_name(1, u32::MAX).unwrap();
        assert!(long.len() <= 259 && long.ends_with("\u{4e2d}..."), "{long}");
        assert_eq!(long.capacity(), long.len());
        let path = memory.read_path(1, 2000).unwrap();
        assert!(path.len() > 1000 && path.len() <= 1027, "{path}");
        // What is no text at all is not longer than three times that.
        let noise = Of(b"\xff a").read_name(1, 70_000).unwrap();
        assert!(noise.len() < 3 * 256 + 3, "{noise}");
    }
}
