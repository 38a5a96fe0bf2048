//! std's list of pending destructors: a vector of (object, function), whose three words lie in the TLS area.

use std::alloc::{GlobalAlloc, Layout, System};
use std::mem::transmute;
use std::ptr;

use super::area::{Area, WORD, read_word_at};

/// In which order the compiler laid out a vector's three words: index of capacity, pointer and length.
pub(super) const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// Bytes of an element.
const ELEMENT: usize = 2 * WORD;

/// Where the list is, and how it is laid out: constants of the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct List {
    /// Index of the vector's first word in the TLS area.
    pub(super) index: usize,
    /// Which of [`ORDERS`].
    pub(super) order: usize,
    /// Whether an element begins with the function.
    pub(super) function_first: bool,
}

/// The three words of the vector, on one thread at one time.
#[derive(Clone, Copy)]
pub(super) struct Words {
    capacity: usize,
    pointer: usize,
    pub(super) length: usize,
}

/// A destructor taken off the list, which is run once.
pub(super) struct Pending {
    pub(super) object: usize,
    function: usize,
}

impl List {
    pub(super) fn pack(self) -> u32 {
        // An index is below 2^28: a word's address divided by 4, and with room for four bits.
        (self.index as u32) << 4 | (self.order as u32) << 1 | u32::from(self.function_first)
    }

    pub(super) fn unpack(packed: u32) -> Self {
        Self {
            index: (packed >> 4) as usize,
            order: (packed >> 1 & 7) as usize,
            function_first: packed & 1 != 0,
        }
    }

    /// The vector's words, if they can be a vector's.
    pub(super) fn words(&self, area: &Area) -> Option<Words> {
        let [capacity, pointer, length] = ORDERS[self.order].map(|n| area.read(self.index + n));
        let bytes = capacity.checked_mul(ELEMENT)?;
        let end = pointer.checked_add(bytes)?;
        (length <= capacity && pointer != 0 && pointer.is_multiple_of(WORD) && isize::try_from(end).is_ok())
            .then_some(Words {
                capacity,
                pointer,
                length,
            })
    }

    /// The element with this number, if it can be one.
    pub(super) fn element(&self, words: Words, number: usize) -> Option<Pending> {
        let address = words.pointer + number * ELEMENT;
        let (first, second) = (read_word_at(address)?, read_word_at(address + WORD)?);
        let (object, function) = if self.function_first {
            (second, first)
        } else {
            (first, second)
        };
        // Index 0 of the function table is never a function.
        (object != 0 && function != 0).then_some(Pending { object, function })
    }

    pub(super) fn is_empty(&self, area: &Area) -> bool {
        self.words(area).is_none_or(|words| words.length == 0)
    }

    /// Takes the last destructor off the list.
    pub(super) fn pop(&self, area: &Area) -> Option<Pending> {
        let words = self.words(area)?;
        let last = words.length.checked_sub(1)?;
        let pending = self.element(words, last)?;
        // SAFETY: the list was proved; a shorter length is what std's own pop leaves, and std isn't looking, for
        // it does so only while it registers.
        unsafe { area.write(self.index + ORDERS[self.order][2], last) };
        Some(pending)
    }

    /// Frees the list's buffer and leaves an empty vector.
    pub(super) fn free(&self, area: &Area) {
        let Some(Words {
            capacity, pointer, ..
        }) = self.words(area)
        else {
            return;
        };
        if capacity == 0 {
            return;
        }
        let Ok(layout) = Layout::from_size_align(capacity * ELEMENT, WORD) else {
            return;
        };
        let [capacity_at, pointer_at, length_at] = ORDERS[self.order].map(|n| self.index + n);
        // SAFETY: the list was proved, so this is the buffer that std allocated with `System`, for that many
        // elements; the words that are left are those of a vector without a buffer.
        unsafe {
            area.write(length_at, 0);
            area.write(capacity_at, 0);
            area.write(pointer_at, WORD);
            System.dealloc(ptr::with_exposed_provenance_mut(pointer), layout);
        }
    }
}

impl Pending {
    /// Runs the destructor.
    #[inline(never)]
    pub(super) fn run(self) {
        // SAFETY: the element comes from the proved list, on the thread that registered it, and was taken off it:
        // so the function is the destructor of that object, which is alive and destroyed once.
        unsafe {
            let function = transmute::<usize, unsafe extern "C" fn(*mut u8)>(self.function);
            function(ptr::with_exposed_provenance_mut(self.object));
        }
    }
}
