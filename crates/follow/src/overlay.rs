//! The guest's memory as it was when a record was written, as far as the record has its words; else as it is now.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use threadlink_watch::{Clock, Memory};

/// The memory of a guest, under words of the past.
#[derive(Debug)]
pub(crate) struct Overlay<M> {
    now: M,
    /// Of the record that is being read.
    words: RefCell<Vec<(u32, u32)>>,
    /// Words that stay so until they are said to be others: of the locks that threads have dropped.
    lasting: RefCell<FxHashMap<u32, u32>>,
}

impl<M> Overlay<M> {
    pub(crate) fn of(now: M) -> Self {
        Self {
            now,
            words: RefCell::default(),
            lasting: RefCell::default(),
        }
    }

    /// From here on these words are what stands at these addresses, and no others.
    pub(crate) fn set(&self, words: impl IntoIterator<Item = (u32, u32)>) {
        let mut known = self.words.borrow_mut();
        known.clear();
        known.extend(words);
    }

    /// All of the memory is what it is now.
    pub(crate) fn lift(&self) {
        self.words.borrow_mut().clear();
    }

    /// Until it is said to be another, this is the word at an address.
    pub(crate) fn keep(&self, address: u32, word: u32) {
        self.lasting.borrow_mut().insert(address, word);
    }

    /// What was kept of these addresses is no more.
    pub(crate) fn forget(&self, addresses: impl IntoIterator<Item = u32>) {
        let mut lasting = self.lasting.borrow_mut();
        for address in addresses {
            lasting.remove(&address);
        }
    }

    /// The memory as it is now.
    pub(crate) fn now(&self) -> &M {
        &self.now
    }
}

impl<M: Memory> Memory for Overlay<M> {
    fn load(&self, address: u32) -> Option<u32> {
        let words = self.words.borrow();
        let known = words.iter().find(|(at, _)| *at == address);
        known
            .map(|(_, word)| *word)
            .or_else(|| self.lasting.borrow().get(&address).copied())
            .or_else(|| self.now.load(address))
    }

    fn read(&self, address: u32, len: u32) -> Option<Vec<u8>> {
        self.now.read(address, len)
    }
}

/// The time of the record that is being read.
#[derive(Debug, Default)]
pub(crate) struct Time(std::cell::Cell<u64>);

impl Time {
    pub(crate) fn set(&self, time: u64) {
        self.0.set(time);
    }
}

impl Clock for Time {
    fn now(&self) -> u64 {
        self.0.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zero;

    impl Memory for Zero {
        fn load(&self, _: u32) -> Option<u32> {
            Some(0)
        }

        fn read(&self, _: u32, _: u32) -> Option<Vec<u8>> {
            None
        }
    }

    #[test]
    fn words_of_the_past_come_first_and_go() {
        let memory = Overlay::of(Zero);
        memory.keep(8, 3);
        memory.set([(4, 1)]);
        assert_eq!(
            (memory.load(4), memory.load(8), memory.load(12)),
            (Some(1), Some(3), Some(0))
        );
        memory.set([(12, 2)]);
        assert_eq!((memory.load(4), memory.load(12)), (Some(0), Some(2)));
        memory.lift();
        memory.forget([8]);
        assert_eq!((memory.load(8), memory.load(12)), (Some(0), Some(0)));
    }
}
