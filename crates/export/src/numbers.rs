//! Numbers of things in the order of their first appearance.

use std::collections::HashMap;
use std::hash::Hash;

/// What was numbered, from 0 on.
pub(crate) struct Numbers<K> {
    numbers: HashMap<K, u32>,
    things: Vec<K>,
}

impl<K> Default for Numbers<K> {
    fn default() -> Self {
        Self {
            numbers: HashMap::new(),
            things: Vec::new(),
        }
    }
}

impl<K: Hash + Eq + Clone> Numbers<K> {
    /// The number of a thing, a new one if it is new.
    pub(crate) fn of(&mut self, thing: K) -> u32 {
        if let Some(&number) = self.numbers.get(&thing) {
            return number;
        }
        // Whatever is numbered takes more than two bytes of an input that is in memory.
        let next = u32::try_from(self.things.len()).expect("fewer than 2^32 things");
        self.things.push(thing.clone());
        self.numbers.insert(thing, next);
        next
    }

    /// All things, by their numbers.
    pub(crate) fn things(&self) -> &[K] {
        &self.things
    }
}
