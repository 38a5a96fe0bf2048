//! Which deadlocks are one mistake of the program's: [`Mistakes`]. A person who reads of them wants to mend each once.
//!
//! Those with the same places are one, however many threads and locks meet there. So are those of one kind in which the same locks
//! are taken in the same circle, for it is their order that is wrong; and those that have all places of another one and more,
//! for that one is in them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::findings::FindingKind;
use crate::identity::Key;

/// A place, as far as it tells mistakes apart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Spot {
    Known(Arc<str>, u32, u32),
    Unnamed(u32),
    /// Then it is the lock that tells.
    Unknown(Key),
}

/// Where each thread of a circle took what it holds, and asks for the other.
pub(crate) type Spots = BTreeSet<(Spot, Spot)>;
/// What each of them holds, and asks for.
pub(crate) type Circle = BTreeSet<(Key, Key)>;

/// Sets of places that are looked through for others that they contain.
const MOST_COMPARED: usize = 4096;

/// Deadlocks with the same places.
struct Group {
    kind: FindingKind,
    /// Of those of this kind.
    circles: BTreeSet<Circle>,
    /// The group that this one is part of; itself, if of none.
    part_of: usize,
}

/// Deadlocks, sorted by what is wrong.
#[derive(Default)]
pub(crate) struct Mistakes {
    groups: Vec<Group>,
    by_spots: BTreeMap<Spots, usize>,
}

impl Mistakes {
    /// One more; the number of those with its places, and whether it is the first of them, or the first of its kind that is
    /// surer than those before.
    pub(crate) fn add(
        &mut self,
        kind: FindingKind,
        spots: Option<Spots>,
        circle: Option<Circle>,
    ) -> (usize, bool) {
        let new = self.groups.len();
        let at = spots.map_or(new, |spots| *self.by_spots.entry(spots).or_insert(new));
        if at == new {
            self.groups.push(Group {
                kind,
                circles: BTreeSet::new(),
                part_of: new,
            });
        }
        let group = &mut self.groups[at];
        let shown = at == new || kind < group.kind;
        if kind < group.kind {
            group.kind = kind;
            group.circles.clear();
        }
        if kind == group.kind {
            group.circles.extend(circle);
        }
        (at, shown)
    }

    /// For each number, that of the group which stands for the mistake.
    pub(crate) fn into_whole(mut self) -> Vec<usize> {
        self.join_circles();
        self.join_contained();
        (0..self.groups.len()).map(|at| self.whole(at)).collect()
    }

    fn whole(&self, mut at: usize) -> usize {
        while self.groups[at].part_of != at {
            at = self.groups[at].part_of;
        }
        at
    }

    fn join_circles(&mut self) {
        let mut known: HashMap<FindingKind, BTreeMap<Circle, usize>> = HashMap::new();
        for at in 0..self.groups.len() {
            let kind = self.groups[at].kind;
            for circle in std::mem::take(&mut self.groups[at].circles) {
                let first = *known.entry(kind).or_default().entry(circle).or_insert(at);
                let (first, own) = (self.whole(first), self.whole(at));
                self.groups[first.max(own)].part_of = first.min(own);
            }
        }
    }

    fn join_contained(&mut self) {
        let mut sets: Vec<(Spots, usize)> = std::mem::take(&mut self.by_spots).into_iter().collect();
        sets.sort_by_key(|(spots, at)| (spots.len(), *at));
        sets.truncate(MOST_COMPARED);
        // Sets by the first of their places: one that is contained begins with a place of the other.
        let mut by_first: BTreeMap<&(Spot, Spot), Vec<(&Spots, usize)>> = BTreeMap::new();
        for (spots, at) in &sets {
            let within = spots.iter().filter_map(|first| by_first.get(first)).flatten();
            let kind = self.groups[*at].kind;
            let contained = within
                .filter(|(other, number)| self.groups[*number].kind == kind && other.is_subset(spots))
                .map(|(_, number)| *number)
                .next();
            if let Some(other) = contained {
                let (own, other) = (self.whole(*at), self.whole(other));
                // The fewest places say it best.
                self.groups[own].part_of = other;
            }
            if let Some(first) = spots.first() {
                by_first.entry(first).or_default().push((spots, *at));
            }
        }
    }
}
