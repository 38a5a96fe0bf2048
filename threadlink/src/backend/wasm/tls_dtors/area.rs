//! The running thread's TLS area, as words that std owns.
//!
//! To the compiler these accesses come from nowhere: they are volatile, and every function here stays a function
//! of its own, so that no access of std's own code to the same words can be moved across.

use std::ptr;

use threadlink_rt::tls;

/// Bytes of a word.
pub(super) const WORD: usize = size_of::<usize>();

/// The TLS area of the thread that made this.
pub(super) struct Area {
    base: usize,
    words: usize,
}

impl Area {
    pub(super) fn current() -> Self {
        Self {
            base: tls::base().expose_provenance(),
            words: tls::size() / WORD,
        }
    }

    /// How many words the area has.
    pub(super) fn words(&self) -> usize {
        self.words
    }

    /// The word with this index.
    ///
    /// # Panics
    /// If there is none.
    #[inline(never)]
    pub(super) fn read(&self, index: usize) -> usize {
        assert!(index < self.words);
        // SAFETY: inside the area, which is aligned for words if it has any; only this thread uses it.
        unsafe { ptr::with_exposed_provenance::<usize>(self.base + index * WORD).read_volatile() }
    }

    /// Replaces the word with this index.
    ///
    /// # Safety
    /// The word is one of std's whose meaning the caller has proved, and the new value keeps std's promises.
    ///
    /// # Panics
    /// If there is none.
    #[inline(never)]
    pub(super) unsafe fn write(&self, index: usize, value: usize) {
        assert!(index < self.words);
        // SAFETY: inside the area, as in `read`; what it means is the caller's duty.
        unsafe { ptr::with_exposed_provenance_mut::<usize>(self.base + index * WORD).write_volatile(value) };
    }
}

/// The word at an address anywhere, if the address is a word's and inside the memory.
#[inline(never)]
pub(super) fn read_word_at(address: usize) -> Option<usize> {
    let end = address.checked_add(WORD)?;
    // The size in pages of 64 KiB; all 65,536 of them are more than a usize holds.
    let size = std::arch::wasm32::memory_size::<0>() as u64 * 65_536;
    if address == 0 || !address.is_multiple_of(WORD) || end as u64 > size {
        return None;
    }
    // SAFETY: an aligned word inside the linear memory, all of which can be read. It may be anything, and even
    // change meanwhile: the caller treats it as a guess until proved.
    Some(unsafe { ptr::with_exposed_provenance::<usize>(address).read_volatile() })
}
