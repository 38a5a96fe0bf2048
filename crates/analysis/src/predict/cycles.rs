//! The candidates: cycles of buckets of different threads that take different locks, each of which the next one holds, while
//! nothing that two of them hold keeps one of them out.
//!
//! Johnson's algorithm within a component, with one difference: whether a bucket may follow depends on all that are on the path.
//! So a bucket from which the search failed is looked at again when that which stood in its way is gone from the path.

use std::collections::{HashMap, HashSet};

use super::Bounds;
use super::buckets::{Bucket, Buckets};
use super::sets::conflict;

/// Buckets, each of which waits for the next one, the last one for the first, which has the least number.
pub(super) type Cycle = Vec<u32>;

/// Looks at buckets in a component, after which a search ends.
const MOST_LOOKS: u64 = 4_000_000;

/// What was found in all components.
#[derive(Default)]
pub(super) struct Found {
    pub(super) cycles: Vec<Cycle>,
    /// Components that have more than a search may find, or looks at.
    pub(super) cut_components: u64,
    /// Whether there may be longer ones.
    pub(super) longer: bool,
}

pub(super) fn find(
    buckets: &Buckets,
    holders: &HashMap<u32, Vec<u32>>,
    components: &[Vec<u32>],
    bounds: Bounds,
) -> Found {
    let mut found = Found::default();
    for component in components {
        let mut search = Search {
            buckets,
            holders,
            members: component.iter().copied().collect(),
            bounds,
            looks: 0,
            path: Vec::new(),
            blocked: HashSet::new(),
            behind: HashMap::new(),
            until_gone: HashMap::new(),
            cycles: Vec::new(),
            longer: false,
        };
        for &start in component {
            search.from(start);
        }
        found.cut_components += u64::from(search.is_over());
        found.longer |= search.longer;
        found.cycles.append(&mut search.cycles);
    }
    found
}

struct Search<'a> {
    buckets: &'a Buckets,
    holders: &'a HashMap<u32, Vec<u32>>,
    members: HashSet<u32>,
    bounds: Bounds,
    looks: u64,
    path: Vec<Step>,
    /// From here the search failed, whatever was on the path.
    blocked: HashSet<u32>,
    /// Who failed because this one did.
    behind: HashMap<u32, Vec<u32>>,
    /// Who failed because this one was on the path.
    until_gone: HashMap<u32, Vec<u32>>,
    cycles: Vec<Cycle>,
    longer: bool,
}

/// A bucket on the path.
struct Step {
    bucket: u32,
    /// Which of those that hold its lock is to be looked at next.
    next: usize,
    /// A cycle was found through it, or may have been missed.
    found: bool,
}

impl Search<'_> {
    fn bucket(&self, number: u32) -> &Bucket {
        &self.buckets.all[number as usize]
    }

    fn is_over(&self) -> bool {
        self.cycles.len() >= self.bounds.cycles || self.looks >= MOST_LOOKS
    }

    /// Finds the cycles whose least bucket is `start`.
    fn from(&mut self, start: u32) {
        self.blocked.clear();
        self.behind.clear();
        self.until_gone.clear();
        self.path.clear();
        self.push(start);
        while !self.path.is_empty() && !self.is_over() {
            match self.following() {
                Some(next) => self.look_at(start, next),
                None => self.pop(),
            }
        }
    }

    fn push(&mut self, bucket: u32) {
        self.blocked.insert(bucket);
        self.path.push(Step {
            bucket,
            next: 0,
            found: false,
        });
    }

    /// The next one that holds what the last one of the path takes, so that it has to wait.
    fn following(&mut self) -> Option<u32> {
        let start = self.path.first()?.bucket;
        let last = self.path.last()?;
        let Bucket { lock, mode, .. } = *self.bucket(last.bucket);
        let holders = self.holders.get(&lock)?;
        let mut next = last.next;
        if next == 0 {
            next = holders.partition_point(|&holder| holder < start);
        }
        let mut following = None;
        while let Some(&holder) = holders.get(next) {
            next += 1;
            self.looks += 1;
            if self.members.contains(&holder)
                && holds(self.buckets, self.bucket(holder), lock).is_some_and(|held| conflict(held, mode))
            {
                following = Some(holder);
                break;
            }
        }
        // Also where none is left: not to begin again.
        let last = self.path.last_mut()?;
        last.next = next.max(1);
        following
    }

    fn look_at(&mut self, start: u32, next: u32) {
        let last = self.path.len() - 1;
        if next == start {
            if self.path.len() > 1 {
                self.path[last].found = true;
                self.cycles
                    .push(self.path.iter().map(|step| step.bucket).collect());
            }
            return;
        }
        self.looks += self.path.len() as u64;
        if let Some(in_the_way) = self.in_the_way(next) {
            let failed = self.path[last].bucket;
            self.until_gone.entry(in_the_way).or_default().push(failed);
        } else if self.blocked.contains(&next) {
            let failed = self.path[last].bucket;
            self.behind.entry(next).or_default().push(failed);
        } else if self.path.len() >= self.bounds.length {
            self.longer = true;
            self.path.iter_mut().for_each(|step| step.found = true);
        } else {
            self.push(next);
        }
    }

    /// One on the path that cannot be in a cycle with this one.
    fn in_the_way(&self, next: u32) -> Option<u32> {
        let bucket = self.bucket(next);
        let excludes = |step: &&Step| {
            let other = self.bucket(step.bucket);
            other.thread == bucket.thread || other.lock == bucket.lock || self.have_a_gate(other, bucket)
        };
        self.path.iter().find(excludes).map(|step| step.bucket)
    }

    /// Whether both hold a lock that only one of them can hold.
    fn have_a_gate(&self, one: &Bucket, other: &Bucket) -> bool {
        let (mut ours, mut theirs) = (self.buckets.sets.get(one.set), self.buckets.sets.get(other.set));
        while let ([(our, our_mode), our_rest @ ..], [(their, their_mode), their_rest @ ..]) = (ours, theirs)
        {
            if our == their && conflict(*our_mode, *their_mode) {
                return true;
            }
            if our <= their {
                ours = our_rest;
            }
            if their <= our {
                theirs = their_rest;
            }
        }
        false
    }

    fn pop(&mut self) {
        let Some(step) = self.path.pop() else {
            return;
        };
        if step.found {
            self.unblock(step.bucket);
            if let Some(before) = self.path.last_mut() {
                before.found = true;
            }
        } else if let Some(before) = self.path.last() {
            self.behind.entry(step.bucket).or_default().push(before.bucket);
        }
        for waiting in self.until_gone.remove(&step.bucket).unwrap_or_default() {
            self.unblock(waiting);
        }
    }

    fn unblock(&mut self, bucket: u32) {
        let mut all = vec![bucket];
        while let Some(bucket) = all.pop() {
            self.blocked.remove(&bucket);
            all.append(&mut self.behind.remove(&bucket).unwrap_or_default());
        }
    }
}

/// What this bucket holds the lock for.
pub(super) fn holds(buckets: &Buckets, bucket: &Bucket, lock: u32) -> Option<threadlink_trace::Mode> {
    let set = buckets.sets.get(bucket.set);
    let at = set.binary_search_by_key(&lock, |&(held, _)| held).ok()?;
    Some(set[at].1)
}
