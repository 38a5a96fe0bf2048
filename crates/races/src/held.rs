//! [`Held`]: which words a thread had taken and not given back, and when. Nobody tells of locks as such; but whoever has one has
//! changed a word of it by an access that only acquires, and gives it back by one of the same word that releases.

use std::collections::VecDeque;

use crate::access::Place;

/// Words that are known to be taken at once: whoever takes more loses the first.
const MOST: usize = 32;
/// How far back it is known, in changes.
const PAST: usize = 512;

/// A word that was taken, and where.
pub(crate) type Taken = (u32, Place);

/// The words of one slot's threads.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// From which epoch on which were taken, the oldest first.
    past: VecDeque<(u32, Vec<Taken>)>,
    /// Whether older ones are not known any more.
    cut: bool,
}

impl Held {
    fn now(&self) -> &[Taken] {
        self.past.back().map_or(&[], |(_, taken)| taken)
    }

    /// Whether a word is taken.
    pub(crate) fn has(&self, address: u32) -> bool {
        self.now().iter().any(|(taken, _)| *taken == address)
    }

    /// A word is taken from this epoch on.
    pub(crate) fn take(&mut self, address: u32, place: Place, epoch: u32) {
        let mut taken = self.now().to_vec();
        if taken.len() == MOST {
            taken.remove(0);
        }
        taken.push((address, place));
        self.change(epoch, taken);
    }

    /// It is given back.
    pub(crate) fn give(&mut self, address: u32, epoch: u32) {
        let mut taken = self.now().to_vec();
        taken.retain(|(other, _)| *other != address);
        self.change(epoch, taken);
    }

    /// Another thread has nothing yet.
    pub(crate) fn begin(&mut self, epoch: u32) {
        self.change(epoch, Vec::new());
    }

    /// What was is not known any more.
    pub(crate) fn forget(&mut self) {
        self.past.clear();
        self.cut = true;
    }

    fn change(&mut self, epoch: u32, taken: Vec<Taken>) {
        // What held for no epoch nobody asks for.
        if self.past.back().is_some_and(|(last, _)| *last == epoch) {
            self.past.pop_back();
        }
        if self.past.len() == PAST {
            self.past.pop_front();
            self.cut = true;
        }
        self.past.push_back((epoch, taken));
    }

    /// Which were taken in that epoch, in order; `None` if that is not known any more.
    pub(crate) fn at(&self, epoch: u32) -> Option<&[Taken]> {
        let behind = self.past.partition_point(|(first, _)| *first <= epoch);
        match behind.checked_sub(1).and_then(|at| self.past.get(at)) {
            Some((_, taken)) => Some(taken),
            None => (!self.cut).then_some(&[]),
        }
    }

    /// Bytes that it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        self.past.len() * size_of::<(u32, Vec<Taken>)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(held: &Held, epoch: u32) -> Option<Vec<u32>> {
        let taken = held.at(epoch)?;
        Some(taken.iter().map(|(address, _)| *address).collect())
    }

    #[test]
    fn what_was_taken_is_known_of_each_epoch() {
        let mut held = Held::default();
        held.take(8, Place::default(), 3);
        held.take(16, Place::default(), 5);
        held.give(8, 7);
        held.begin(9);
        for (epoch, expected) in [
            (2, &[][..]),
            (3, &[8]),
            (4, &[8]),
            (6, &[8, 16]),
            (8, &[16]),
            (9, &[]),
        ] {
            assert_eq!(addresses(&held, epoch).as_deref(), Some(expected), "{epoch}");
        }
    }

    #[test]
    fn what_is_long_past_is_not_known() {
        let mut held = Held::default();
        for epoch in 1..=u32::try_from(PAST).expect("it is small") + 1 {
            held.take(epoch, Place::default(), epoch);
        }
        assert_eq!(held.at(1), None);
        assert_eq!(addresses(&held, u32::MAX).map(|all| all.len()), Some(MOST));
        held.forget();
        assert_eq!(held.at(u32::MAX), None);
    }
}
