//! The guest's memory as the detectors see it: the first of the two things that a host supplies.

/// The longest string that is read for a name, a message or a path, in bytes; longer ones are cut.
const LONGEST_STRING: u32 = 64 * 1024;

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

    /// Whether all bytes from `from` up to `to` equal `value`; `None` if the range is not inside the memory.
    fn all_equal(&self, from: u32, to: u32, value: u8) -> Option<bool> {
        let bytes = self.read(from, to.checked_sub(from)?)?;
        Some(bytes.iter().all(|byte| *byte == value))
    }
}
