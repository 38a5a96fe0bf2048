//! Words that are accessed atomically, and what was released there.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::access::Place;
use crate::clock::Clock;

/// What was released at a word.
#[derive(Debug, Clone, Default)]
pub(crate) struct Released {
    pub(crate) clock: Clock,
    /// The same, with what only the runtime has ordered.
    pub(crate) wide: Clock,
    /// Where, last of all; of the runtime nobody knows.
    pub(crate) place: Option<Place>,
}

impl Released {
    fn is_empty(&self) -> bool {
        self.clock.is_empty() && self.wide.is_empty()
    }

    fn bytes(&self) -> usize {
        self.clock.bytes() + self.wide.bytes()
    }
}

/// By address. A word of which nothing was released is not there.
#[derive(Debug, Default)]
pub(crate) struct Words {
    released: BTreeMap<u32, Released>,
    bytes: usize,
}

impl Words {
    pub(crate) fn get(&self, address: u32) -> Option<&Released> {
        self.released.get(&address)
    }

    /// What a write there releases now; nothing, if that is empty: it ends what was.
    pub(crate) fn set(&mut self, address: u32, released: &Released) {
        let before = if released.is_empty() {
            self.released.remove(&address)
        } else {
            self.bytes += released.bytes();
            self.released.insert(address, released.clone())
        };
        self.bytes -= before.map_or(0, |before| before.bytes());
    }

    /// What a read and write in one releases besides what was: it goes on with it.
    pub(crate) fn add(&mut self, address: u32, released: &Released) {
        if released.is_empty() {
            return;
        }
        let word = self.released.entry(address).or_insert_with(|| {
            self.bytes += Released::default().bytes();
            Released::default()
        });
        self.bytes -= word.bytes();
        word.clock.join(&released.clock);
        word.wide.join(&released.wide);
        word.place = released.place;
        self.bytes += word.bytes();
    }

    pub(crate) fn remove(&mut self, range: RangeInclusive<u32>) {
        while let Some((address, _)) = self.released.range(range.clone()).next() {
            let address = *address;
            self.set(address, &Released::default());
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}
