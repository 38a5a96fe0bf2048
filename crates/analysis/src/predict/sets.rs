//! Sets of held locks, each with a number: [`Sets`]. A program has few, however often it takes its locks.

use std::sync::Arc;

use threadlink_trace::Mode;
use threadlink_trace::hash::Map;

/// The locks of a set, ascending, and what each is held for.
type Locks = Arc<[(u32, Mode)]>;

/// Elements of all sets together, after which no more are made.
const MOST_ELEMENTS: usize = 1 << 20;

/// All sets that threads held while they took another lock.
pub(super) struct Sets {
    all: Vec<Locks>,
    numbers: Map<Locks, u32>,
    /// What becomes of a set when this lock is taken.
    larger: Map<(u32, u32, Mode), u32>,
    elements: usize,
}

impl Sets {
    /// The set of nothing.
    pub(super) const EMPTY: u32 = 0;

    pub(super) fn new() -> Self {
        let empty: Locks = Arc::new([]);
        Self {
            all: vec![Arc::clone(&empty)],
            numbers: Map::from_iter([(empty, Self::EMPTY)]),
            larger: Map::default(),
            elements: 0,
        }
    }

    pub(super) fn get(&self, set: u32) -> &[(u32, Mode)] {
        &self.all[set as usize]
    }

    /// The set with this lock as well; `None` if there are too many.
    pub(super) fn with(&mut self, set: u32, lock: u32, mode: Mode) -> Option<u32> {
        if let Some(&larger) = self.larger.get(&(set, lock, mode)) {
            return Some(larger);
        }
        let mut locks = self.get(set).to_vec();
        match locks.binary_search_by_key(&lock, |&(held, _)| held) {
            // Whoever reads twice, or reads what it has for itself alone, has it as it kept others out first.
            Ok(at) => locks[at].1 = locks[at].1.min(mode),
            Err(at) => locks.insert(at, (lock, mode)),
        }
        self.elements += locks.len();
        if self.elements > MOST_ELEMENTS {
            return None;
        }
        let locks: Locks = locks.into();
        let number = match self.numbers.get(&locks) {
            Some(&number) => number,
            None => {
                let number = u32::try_from(self.all.len()).ok()?;
                self.all.push(Arc::clone(&locks));
                self.numbers.insert(locks, number);
                number
            }
        };
        self.larger.insert((set, lock, mode), number);
        Some(number)
    }
}

/// Whether one keeps the other out: two that read do not.
pub(super) fn conflict(one: Mode, other: Mode) -> bool {
    (one, other) != (Mode::Shared, Mode::Shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_one_number_in_whatever_order_it_was_taken() {
        let mut sets = Sets::new();
        let mut of = |locks: &[u32]| {
            locks.iter().fold(Sets::EMPTY, |set, &lock| {
                sets.with(set, lock, Mode::Exclusive).unwrap()
            })
        };
        let (one, other, less) = (of(&[5, 3, 9]), of(&[9, 5, 3]), of(&[5, 3]));
        assert_eq!(one, other);
        assert_ne!(one, less);
        assert_eq!(sets.get(less), [(3, Mode::Exclusive), (5, Mode::Exclusive)]);
        let read = sets.with(Sets::EMPTY, 3, Mode::Shared).unwrap();
        assert_ne!(sets.with(read, 3, Mode::Exclusive), Some(read));
        let wrote = sets.with(Sets::EMPTY, 3, Mode::Exclusive).unwrap();
        assert_eq!(sets.with(wrote, 3, Mode::Shared), Some(wrote));
    }
}
