//! Words that one thread of the program writes, and that the host reads meanwhile.
//!
//! Engines make every atomic store, a relaxed one too, one with a barrier behind it, which costs more than all else that a
//! lock does. These words need none: no two threads of the program use one at the same time.

use core::cell::UnsafeCell;
use core::panic::RefUnwindSafe;

/// Such a word. It belongs to one thread at a time.
#[derive(Debug)]
#[repr(transparent)]
pub struct Plain<T>(UnsafeCell<T>);

// SAFETY: both functions that touch the word from a shared reference leave it to their callers that no two threads do so at
// once.
unsafe impl<T: Send> Sync for Plain<T> {}

// As an atomic word is it: a panic leaves the value from before or the one from after, never half of one.
impl<T: RefUnwindSafe> RefUnwindSafe for Plain<T> {}

impl<T: Copy> Plain<T> {
    /// A word with this value.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// The value.
    ///
    /// # Safety
    /// As for [`set`](Self::set).
    #[inline]
    #[must_use]
    pub unsafe fn get(&self) -> T {
        // SAFETY: nobody of the program writes at the same time, as the caller promises. Volatile as in `set`.
        unsafe { self.0.get().read_volatile() }
    }

    /// Writes the value.
    ///
    /// # Safety
    /// The word belongs to the calling thread: no other thread of the program uses it at the same time, and what it was
    /// handed over by orders the accesses of two that do so one after the other.
    #[inline]
    pub unsafe fn set(&self, value: T) {
        // SAFETY: no other thread of the program uses the word at the same time, as the caller promises, so nothing races in
        // it. The host is outside the program, as a device would be: hence volatile, so that the word is written here, once
        // and whole, before whatever the thread tells the host next. A store of up to 32 bits that is aligned is never torn,
        // and the host reads atomically. What it reads while the writer is in a call of it, or asleep in one, is ordered by
        // that call. What it reads of other threads meanwhile may be old, and it believes nothing of that before it has seen
        // that the thread was in such a call before and after.
        unsafe { self.0.get().write_volatile(value) }
    }

    /// The value, for whoever has the word for itself.
    pub const fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_what_was_written_last() {
        let mut word = Plain::new(1_usize);
        assert_eq!(size_of_val(&word), size_of::<usize>());
        // SAFETY: there is no other thread.
        unsafe {
            word.set(2);
            assert_eq!(word.get(), 2);
        }
        *word.get_mut() += 1;
        // SAFETY: as above.
        assert_eq!(unsafe { word.get() }, 3);
    }
}
