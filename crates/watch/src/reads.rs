//! The locks that one thread holds for reading.
//!
//! The thread alone changes its list, at each read hook; others look into it when they suspect a deadlock. The first
//! few entries need no allocation. What goes beyond is counted in the budget of the run, so that a guest cannot eat the
//! host's memory with made-up locks.

use std::sync::Arc;

use crate::budget::{Budget, Charge};

/// Entries that every thread has.
const OWN: usize = 4;
/// Locks that one thread can hold for reading and be watched.
const MOST_A_THREAD: usize = 1024;

/// A lock that a thread holds for reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) lock: u32,
    /// The number of the lock that stood at this address, if it had one.
    pub(crate) instance: u32,
    /// Where it was taken first.
    pub(crate) site: u32,
    /// How often it is held.
    count: u32,
}

impl Read {
    /// One acquisition.
    pub(crate) fn new(lock: u32, instance: u32, site: u32) -> Self {
        Self {
            lock,
            instance,
            site,
            count: 1,
        }
    }
}

/// Everything that one thread holds for reading.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    own: [Read; OWN],
    own_len: usize,
    beyond: Vec<Read>,
    /// What `beyond` costs.
    charge: Option<Charge>,
}

impl Reads {
    /// Adds one acquisition; `false` if there is no room for it. What was held of another lock at the same address is held
    /// no more: that one is gone.
    pub(crate) fn add(&mut self, (lock, instance): (u32, u32), site: u32, budget: &Arc<Budget>) -> bool {
        let new = Read::new(lock, instance, site);
        if let Some(read) = self.find(lock) {
            if read.instance != instance {
                *read = new;
                return true;
            }
            // A guest that counts to 2^32 has given up the truth of it.
            let Some(count) = read.count.checked_add(1) else {
                return false;
            };
            read.count = count;
            return true;
        }
        if self.own_len < OWN {
            self.own[self.own_len] = new;
            self.own_len += 1;
            return true;
        }
        if self.beyond.len() == self.beyond.capacity() && !self.grow(budget) {
            return false;
        }
        self.beyond.push(new);
        true
    }

    /// Takes back one acquisition, and returns the number of the lock that it was of; `None` if there is none.
    pub(crate) fn remove(&mut self, lock: u32) -> Option<u32> {
        // Mostly the last one that it took, once.
        if let Some(last) = self.own[..self.own_len].last()
            && (last.lock, last.count) == (lock, 1)
            && self.beyond.is_empty()
        {
            self.own_len -= 1;
            return Some(last.instance);
        }
        let read = self.find(lock)?;
        let instance = read.instance;
        read.count -= 1;
        if read.count > 0 {
            return Some(instance);
        }
        if let Some(place) = self.own[..self.own_len].iter().position(|read| read.lock == lock) {
            self.own_len -= 1;
            self.own[place] = self.own[self.own_len];
        } else if let Some(place) = self.beyond.iter().position(|read| read.lock == lock) {
            self.beyond.swap_remove(place);
        }
        Some(instance)
    }

    /// Every lock in the list, once.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Read> {
        self.own[..self.own_len].iter().chain(&self.beyond)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.own_len == 0 && self.beyond.is_empty()
    }

    /// The entry of a lock, the latest ones first.
    fn find(&mut self, lock: u32) -> Option<&mut Read> {
        let own = self.own[..self.own_len].iter_mut().rev();
        own.chain(self.beyond.iter_mut().rev())
            .find(|read| read.lock == lock)
    }

    fn grow(&mut self, budget: &Arc<Budget>) -> bool {
        let (old, new) = (self.beyond.capacity(), (self.beyond.capacity() * 2).max(16));
        let more = (new - old) * size_of::<Read>();
        let fits = new <= MOST_A_THREAD
            && match &mut self.charge {
                Some(charge) => charge.add(more),
                none => {
                    *none = budget.charge(more);
                    none.is_some()
                }
            };
        if fits {
            self.beyond.reserve_exact(new - self.beyond.len());
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locks(reads: &Reads) -> Vec<u32> {
        let mut locks: Vec<_> = reads.iter().map(|read| read.lock).collect();
        locks.sort_unstable();
        locks
    }

    #[test]
    fn a_lock_stays_as_often_as_it_was_taken() {
        let (mut reads, budget) = (Reads::default(), Arc::default());
        assert!(
            reads.add((8, 0), 1, &budget) && reads.add((8, 0), 2, &budget) && reads.add((16, 0), 3, &budget)
        );
        assert_eq!(locks(&reads), [8, 16]);
        assert_eq!(reads.iter().next().map(|read| read.site), Some(1));
        assert_eq!(reads.remove(8), Some(0));
        assert_eq!(locks(&reads), [8, 16]);
        assert_eq!(
            [8, 8, 16].map(|lock| reads.remove(lock)),
            [Some(0), None, Some(0)]
        );
        assert!(reads.is_empty());
    }

    #[test]
    fn another_lock_at_the_same_address_takes_the_place_of_the_one_before() {
        let (mut reads, budget) = (Reads::default(), Arc::default());
        assert!(reads.add((8, 1), 1, &budget) && reads.add((8, 1), 2, &budget));
        assert!(reads.add((8, 2), 3, &budget));
        let seen: Vec<_> = reads.iter().map(|read| (read.instance, read.site)).collect();
        assert_eq!(seen, [(2, 3)]);
        assert_eq!(reads.remove(8), Some(2));
        assert!(reads.is_empty());
    }

    #[test]
    fn many_locks_are_kept_apart_up_to_a_limit_and_given_back() {
        let budget: Arc<Budget> = Arc::default();
        let mut reads = Reads::default();
        let kept = (0..).find(|&lock| !reads.add((lock, 0), 0, &budget)).unwrap();
        assert!(kept as usize > MOST_A_THREAD / 2 && kept as usize <= MOST_A_THREAD + OWN);
        assert_eq!(locks(&reads), (0..kept).collect::<Vec<_>>());
        // What is there can be taken again and released, in any order.
        assert!(reads.add((kept / 2, 0), 0, &budget) && reads.remove(kept / 2).is_some());
        assert!((0..kept).all(|lock| reads.remove(lock).is_some()) && reads.is_empty());
        let all = Budget::default().left();
        assert!(budget.left() < all);
        drop(reads);
        assert_eq!(budget.left(), all);
    }

    #[test]
    fn all_threads_together_have_a_limit() {
        let most = 20 << 20;
        let budget = Arc::new(Budget::new(most));
        let all = (0..).map(|_| {
            let mut reads = Reads::default();
            let fits = (0..600).all(|lock| reads.add((lock, 0), 0, &budget));
            (fits, reads)
        });
        let all: Vec<_> = all.take_while(|(fits, _)| *fits).collect();
        assert!(all.len() >= 1000, "{}", all.len());
        drop(all);
        assert_eq!(budget.left(), most);
    }
}
