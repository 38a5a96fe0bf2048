//! Bounds-checked access to the guest's shared memory. All of the crate's unsafe code that touches it lives here.
//!
//! Guest threads run while the host reads, so nothing here hands out a reference into the memory: each read
//! is a copy made by atomic loads, and what it returns may be torn between words if the guest races.
//! Callers treat all of it as a claim of the guest's and check it.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

use threadlink_watch::Memory;
use wasmtime::SharedMemory;

/// Bytes of a piece.
const PIECE: usize = 64 * 1024;

/// The one memory of a run.
#[derive(Clone)]
pub(crate) struct GuestMemory {
    memory: SharedMemory,
}

impl GuestMemory {
    pub(crate) fn new(memory: SharedMemory) -> Self {
        Self { memory }
    }

    /// The memory as wasmtime links it.
    pub(crate) fn shared(&self) -> &SharedMemory {
        &self.memory
    }

    /// Bytes that the memory has now. It only ever grows.
    pub(crate) fn len(&self) -> u64 {
        // Not `data_size`, which takes a lock and can be ahead of what guests see.
        self.memory.data().len() as u64
    }

    /// The aligned 64-bit word at `address`, or `None` if it is misaligned or not wholly inside the memory.
    pub(crate) fn load64(&self, address: u32) -> Option<u64> {
        let word = self.aligned(address, 8)?.cast::<u64>();
        // SAFETY: as in `word`.
        Some(unsafe { AtomicU64::from_ptr(word) }.load(Ordering::SeqCst))
    }

    /// Stores an aligned 64-bit word, after all that this thread has done before; `false` if it is misaligned or out of bounds.
    pub(crate) fn store64(&self, address: u32, value: u64) -> bool {
        let Some(word) = self.aligned(address, 8) else {
            return false;
        };
        // SAFETY: as in `word`.
        unsafe { AtomicU64::from_ptr(word.cast()) }.store(value, Ordering::Release);
        true
    }

    /// Raises an aligned 64-bit word to `value` at least; `false` if it is misaligned or out of bounds.
    pub(crate) fn raise64(&self, address: u32, value: u64) -> bool {
        let Some(word) = self.aligned(address, 8) else {
            return false;
        };
        // SAFETY: as in `word`.
        unsafe { AtomicU64::from_ptr(word.cast()) }.fetch_max(value, Ordering::SeqCst);
        true
    }

    /// The aligned 64-bit words from `address` on, each as it is now; `None` if they are not wholly inside the memory.
    pub(crate) fn words64(&self, address: u32, count: u32) -> Option<impl Iterator<Item = u64>> {
        let first = self.aligned(address, 8)?.cast::<AtomicU64>();
        self.bytes(address, count.checked_mul(8)?)?;
        // SAFETY: as many words as these bytes have, aligned as the first one is; the rest as in `bytes`.
        let words: &[AtomicU64] = unsafe { std::slice::from_raw_parts(first, count as usize) };
        Some(words.iter().map(|word| word.load(Ordering::Relaxed)))
    }

    /// Stores an aligned word; `false` if it is misaligned or out of bounds.
    pub(crate) fn store(&self, address: u32, value: u32) -> bool {
        self.word(address)
            .map(|word| word.store(value, Ordering::Release))
            .is_some()
    }

    /// Sets these bits in an aligned word; `false` if it is misaligned or out of bounds.
    pub(crate) fn set_bits(&self, address: u32, bits: u32) -> bool {
        self.word(address)
            .map(|word| word.fetch_or(bits, Ordering::SeqCst))
            .is_some()
    }

    /// Whether these bytes are wholly inside the memory, and will stay so.
    pub(crate) fn contains(&self, address: u32, len: u32) -> bool {
        self.bytes(address, len).is_some()
    }

    /// `len` bytes from `address`, in copies of at most 64 KiB, made one by one as they are asked for; `None` if they are
    /// not wholly inside the memory.
    pub(crate) fn pieces(&self, address: u32, len: u32) -> Option<impl Iterator<Item = Vec<u8>>> {
        let copy = |piece: &[AtomicU8]| piece.iter().map(|byte| byte.load(Ordering::Relaxed)).collect();
        Some(self.bytes(address, len)?.chunks(PIECE).map(copy))
    }

    /// Fills `buffer` with the bytes from `address` on; `false` (and nothing read) if they are not wholly inside the memory.
    pub(crate) fn read_into(&self, address: u32, buffer: &mut [u8]) -> bool {
        let source = u32::try_from(buffer.len())
            .ok()
            .and_then(|len| self.bytes(address, len));
        let Some(source) = source else { return false };
        for (byte, source) in buffer.iter_mut().zip(source) {
            *byte = source.load(Ordering::Relaxed);
        }
        true
    }

    /// Copies `data` to `address`; `false` (and nothing written) if it would not fit.
    pub(crate) fn write(&self, address: u32, data: &[u8]) -> bool {
        let Some(target) = u32::try_from(data.len())
            .ok()
            .and_then(|len| self.bytes(address, len))
        else {
            return false;
        };
        for (byte, value) in target.iter().zip(data) {
            byte.store(*value, Ordering::Relaxed);
        }
        true
    }

    fn word(&self, address: u32) -> Option<&AtomicU32> {
        let pointer = self.aligned(address, 4)?.cast::<u32>();
        // SAFETY:
        // - The word is inside the memory and aligned (`aligned`): wasm memories start on a page boundary.
        // - Shared memories never move or shrink (wasmtime), so it lives as long as `self.memory`, borrowed here.
        // - Other accesses are the guest's own, in machine code, and the host's, all through this module.
        Some(unsafe { AtomicU32::from_ptr(pointer) })
    }

    /// Where the `size` bytes at `address` are, if they are aligned and inside the memory.
    fn aligned(&self, address: u32, size: usize) -> Option<*mut u8> {
        let data = self.memory.data();
        let start = usize::try_from(address).ok()?;
        if start % size != 0 || start.checked_add(size)? > data.len() {
            return None;
        }
        Some(data[start].get())
    }

    fn bytes(&self, address: u32, len: u32) -> Option<&[AtomicU8]> {
        let data = self.memory.data();
        let start = usize::try_from(address).ok()?;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        let cells = data.get(start..end)?;
        // SAFETY: `AtomicU8` has the size, alignment and interior mutability of `UnsafeCell<u8>`; the slice keeps
        // the length and the lifetime of the one that wasmtime gave. Other accesses as in `word`.
        Some(unsafe { std::slice::from_raw_parts(cells.as_ptr().cast::<AtomicU8>(), cells.len()) })
    }
}

impl Memory for GuestMemory {
    fn load(&self, address: u32) -> Option<u32> {
        // Sequentially consistent, as the specification wants the loads of waits.
        self.word(address).map(|word| word.load(Ordering::SeqCst))
    }

    fn read(&self, address: u32, len: u32) -> Option<Vec<u8>> {
        let bytes = self.bytes(address, len)?.iter();
        Some(bytes.map(|byte| byte.load(Ordering::Relaxed)).collect())
    }

    fn all_equal(&self, from: u32, to: u32, value: u8) -> Option<bool> {
        let bytes = self.bytes(from, to.checked_sub(from)?)?;
        let equal = |bytes: &[AtomicU8]| bytes.iter().all(|byte| byte.load(Ordering::Relaxed) == value);
        // SAFETY: every eight bytes that are aligned for it are a word of 64 bits, atomic as they are, of the same size and
        // as alive; other accesses as in `word`.
        let (before, words, after) = unsafe { bytes.align_to::<AtomicU64>() };
        let pattern = u64::from_ne_bytes([value; 8]);
        let all = words.iter().all(|word| word.load(Ordering::Relaxed) == pattern);
        Some(all && equal(before) && equal(after))
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::{Config, Engine, MemoryType};

    use super::*;

    fn one_page() -> GuestMemory {
        let mut config = Config::new();
        config.wasm_threads(true).shared_memory(true);
        let engine = Engine::new(&config).unwrap();
        GuestMemory::new(SharedMemory::new(&engine, MemoryType::shared(1, 1)).unwrap())
    }

    #[test]
    fn words_outside_or_across_the_end_are_refused() {
        let memory = one_page();
        assert!(memory.store(65532, 7));
        assert_eq!(memory.load(65532), Some(7));
        for address in [65533, 65534, 65536, u32::MAX, u32::MAX - 3, 2] {
            assert_eq!(memory.load(address), None, "{address}");
            assert!(!memory.store(address, 1), "{address}");
        }
    }

    #[test]
    fn ranges_are_checked_without_overflow() {
        let memory = one_page();
        assert!(memory.write(65530, b"abcdef"));
        assert_eq!(memory.read(65530, 6).unwrap(), b"abcdef");
        assert_eq!(memory.read(65530, 7), None);
        assert_eq!(memory.read(u32::MAX, u32::MAX), None);
        assert_eq!(memory.read(65536, 0).unwrap(), b"");
        assert!(!memory.write(65533, b"abcd"));
        assert_eq!(memory.read_string(0, 4), None);
        assert_eq!(memory.read_string(65530, 2).unwrap(), "ab");
        assert_eq!(memory.all_equal(10, 5, 0), None);
        assert_eq!(memory.all_equal(0, 100, 0), Some(true));
        assert_eq!(memory.all_equal(65000, 65536, 0), Some(false));
        // Whatever is in the way of whole words, at either end and between them.
        memory.write(1000, &[7; 64]);
        for (from, to) in [
            (1000, 1064),
            (1001, 1063),
            (1003, 1007),
            (1008, 1016),
            (1064, 1064),
        ] {
            assert_eq!(memory.all_equal(from, to, 7), Some(true), "{from}..{to}");
            for other in [from.wrapping_sub(1), from, (from + to) / 2, to - 1, to] {
                let old = memory.read(other, 1).unwrap();
                memory.write(other, &[8]);
                let inside = (from..to).contains(&other);
                assert_eq!(
                    memory.all_equal(from, to, 7),
                    Some(!inside),
                    "{other} of {from}..{to}"
                );
                memory.write(other, &old);
            }
        }
    }
}
