//! The handle that `std::thread::current` makes and keeps in the TLS area, without a destructor on the list.
//!
//! std's own end of a thread would drop it after the list is empty. On this target nobody does.

use std::mem::{transmute, transmute_copy};
use std::thread::Thread;

use super::area::{Area, WORD, read_word_at};

/// What std leaves in the word when the handle is gone: a later `std::thread::current` panics.
const DESTROYED: usize = 2;

/// Where std keeps a thread's handle: constants of the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CurrentHandle {
    /// Index of the word in the TLS area.
    index: usize,
    /// How far into the shared allocation the word points, while a `Thread` points to the beginning: in words.
    ahead: usize,
}

// A `Thread` is one pointer to counts and data, else there is nothing to find.
const FITS: bool = size_of::<Thread>() == WORD;

impl CurrentHandle {
    pub(super) fn pack(self) -> u32 {
        (self.index as u32) << 4 | self.ahead as u32
    }

    pub(super) fn unpack(packed: u32) -> Self {
        Self {
            index: (packed >> 4) as usize,
            ahead: (packed & 15) as usize,
        }
    }

    /// Drops the calling thread's handle, if there is one.
    pub(super) fn drop_it(&self, area: &Area) {
        let word = area.read(self.index);
        if word <= DESTROYED {
            return;
        }
        // SAFETY: the place was proved; this is the value that std itself leaves there.
        unsafe { area.write(self.index, DESTROYED) };
        drop(self.thread(word));
    }

    /// The handle that the word stands for.
    fn thread(&self, word: usize) -> Thread {
        const { assert!(FITS) };
        // SAFETY: the word was proved to be a pointer into the allocation that a `Thread` points to the beginning
        // of, and to stand for one of its references, which passes to the value returned.
        unsafe { transmute::<usize, Thread>(word - self.ahead * WORD) }
    }
}

/// Where the handle is kept; None if the proof fails. Leaves the thread without one, as it was.
pub(super) fn find(area: &Area) -> Option<CurrentHandle> {
    let before: Vec<usize> = (0..area.words()).map(|index| area.read(index)).collect();
    let ours = make();
    // SAFETY: a `Thread` is one word, as `FITS` says; it is copied as a number only.
    let start: usize = unsafe { transmute_copy(&ours) };
    let mut found = before.iter().enumerate().filter_map(|(index, &old)| {
        let now = area.read(index);
        let distance = now.checked_sub(start)?;
        // std keeps a pointer to the data, which comes after two counts, perhaps with a gap.
        (old == 0 && distance.is_multiple_of(WORD) && distance / WORD <= 4).then_some(CurrentHandle {
            index,
            ahead: distance / WORD,
        })
    });
    let place = found.next()?;
    if found.next().is_some() {
        return None;
    }
    // The first count is how many references there are: std's and ours, and without std's only ours.
    if read_word_at(start)? != 2 {
        return None;
    }
    // SAFETY: it was 0 before std made the handle; with 0, std will make another when it is asked.
    unsafe { area.write(place.index, 0) };
    drop(place.thread(start + place.ahead * WORD));
    (read_word_at(start)? == 1).then_some(place)
}

/// Makes std keep a handle, and returns another reference to it.
#[inline(never)]
fn make() -> Thread {
    std::thread::current()
}
