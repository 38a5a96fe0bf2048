//! The threads that read a lock: [`Readers`]. There may be any number of them, so none is looked for one by one.

use std::collections::{BTreeMap, HashMap};

/// Who has a lock, where it was acquired, and since when.
#[derive(Clone, Copy)]
pub(crate) struct Holder {
    pub(crate) thread: u32,
    pub(crate) site: u32,
    pub(crate) since: u64,
}

/// Those that read one lock, in the order of their acquires; a thread that reads twice is here twice.
#[derive(Default)]
pub(crate) struct Readers {
    /// Since when there are any.
    since: u64,
    /// By the number of the acquire.
    order: BTreeMap<u64, Holder>,
    /// The acquires of each thread that it has not released, ascending.
    threads: HashMap<u32, Vec<u64>>,
    next: u64,
}

impl Readers {
    /// None, of which the first comes at this time.
    pub(crate) fn since(since: u64) -> Self {
        Self {
            since,
            ..Self::default()
        }
    }

    /// When the first of them came.
    pub(crate) fn begin(&self) -> u64 {
        self.since
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    pub(crate) fn add(&mut self, holder: Holder) {
        self.threads.entry(holder.thread).or_default().push(self.next);
        self.order.insert(self.next, holder);
        self.next += 1;
    }

    /// Ends the latest of the thread's own: that nests, and sums up to the same in any case.
    pub(crate) fn remove_latest(&mut self, thread: u32) -> Option<Holder> {
        let own = self.threads.get_mut(&thread)?;
        let latest = own.pop()?;
        if own.is_empty() {
            self.threads.remove(&thread);
        }
        self.order.remove(&latest)
    }

    /// The one that has read longest.
    pub(crate) fn first(&self) -> Option<Holder> {
        self.order.values().next().copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Holder> {
        self.order.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_ends_its_latest_read_and_the_others_keep_their_order() {
        let holder = |thread, since| Holder {
            thread,
            site: 0,
            since,
        };
        let mut readers = Readers::since(10);
        for (thread, since) in [(1, 10), (2, 20), (1, 30), (3, 40)] {
            readers.add(holder(thread, since));
        }
        assert_eq!(readers.remove_latest(1).map(|holder| holder.since), Some(30));
        assert!(readers.remove_latest(4).is_none());
        assert_eq!(readers.begin(), 10);
        let order: Vec<u64> = readers.iter().map(|holder| holder.since).collect();
        assert_eq!(order, [10, 20, 40]);
        assert_eq!(readers.remove_latest(1).map(|holder| holder.since), Some(10));
        assert_eq!(readers.first().map(|holder| holder.thread), Some(2));
        assert!(readers.remove_latest(1).is_none() && !readers.is_empty());
    }
}
