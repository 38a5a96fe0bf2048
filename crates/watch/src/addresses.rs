//! What is known of each lock and condition variable: which thread holds it, since when, and from where.
//!
//! Both are known by their guest addresses, and two things have two addresses, so one table has both. Entries are made at
//! first sight and stay for the run. An address that is reused keeps its entry, which then forgets who held the lock
//! before: a lock says in its memory which one it is ([`layout::lock::INSTANCE`](threadlink_abi::layout::lock::INSTANCE)).
//! Older modules do not say so, and every claim of an entry that leads to a verdict is checked against the lock's own memory
//! in any case (`crate::circle`).
//!
//! Of the threads that hold a lock for reading only the number is here; each thread keeps its own list
//! ([`crate::reads`]), which costs readers of one lock nothing but this counter to share.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::budget::{Budget, PLACE};

/// Shards of the table; a power of two.
const SHARDS: usize = 64;
/// What one entry costs: its block on the heap and its place in the table. They come out of the budget of the run, so
/// that a guest cannot eat the host's memory with made-up addresses; what there is no room for works as ever, unseen.
const COST: usize = size_of::<AddressEntry>() + 2 * size_of::<usize>() + PLACE;
/// Slots of a thread's own cache; a power of two.
const CACHE: usize = 64;

/// What is known of one lock or condition variable.
#[derive(Debug, Default)]
pub(crate) struct AddressEntry {
    /// Thread id of the owner plus one; 0 if nobody holds it.
    owner: AtomicU64,
    /// Where the owner took it.
    site: AtomicU32,
    /// How many read acquisitions are in the threads' own lists ([`crate::reads`]).
    readers: AtomicU64,
    /// Whether somebody ever wanted it for reading.
    was_read: AtomicBool,
    /// Whether a thread that does not read it has released it for one that does: who reads it is not known any more.
    released_by_others: AtomicBool,
    /// The number of the lock that all of this is about; 0 if it has none.
    instance: AtomicU32,
    /// Which lock stands there, by its number or else by its origin, when the trace was told.
    told: AtomicU64,
    /// The words of its origin ([`OriginWords`](crate::guest::origin::OriginWords)), packed, when the trace was told.
    origin: AtomicU64,
    /// When the trace was told.
    defined: AtomicU64,
    /// Time of the last release, for the order of events. Of a condition variable: of the last notification.
    released: AtomicU64,
}

impl AddressEntry {
    /// The owner's thread id. Acquire: what the owner recorded before is visible.
    #[inline]
    pub(crate) fn owner(&self) -> Option<u32> {
        // A thread id is a u32, so the decrement of a nonzero value always fits.
        let owner = self.owner.load(Ordering::SeqCst).checked_sub(1)?;
        u32::try_from(owner).ok()
    }

    #[inline]
    pub(crate) fn site(&self) -> u32 {
        self.site.load(Ordering::Acquire)
    }

    #[inline]
    pub(crate) fn released(&self) -> u64 {
        self.released.load(Ordering::Acquire)
    }

    /// The number of the lock that this is about.
    #[inline]
    pub(crate) fn instance(&self) -> u32 {
        self.instance.load(Ordering::Acquire)
    }

    /// Whether the trace was told that this lock stands there. Then [`defined`](Self::defined) is the time of that.
    #[inline]
    pub(crate) fn is_known(&self, which: u64) -> bool {
        self.told.load(Ordering::Acquire) == which
    }

    /// Remembers that this lock stands there, as an event at `time` shows; `true` for the one who has to tell the trace.
    /// Whoever gets `false` was later: the definition's time is there for it in [`defined`](Self::defined).
    pub(crate) fn define(&self, which: u64, time: u64) -> bool {
        // First the time: who sees the lock sees it, or a later one.
        self.defined.fetch_max(time, Ordering::AcqRel);
        self.told.swap(which, Ordering::AcqRel) != which
    }

    /// Remembers the origin of the lock that was defined; whether the trace has to be told, as it is another than that of
    /// the one before.
    pub(crate) fn define_origin(&self, origin: u64) -> bool {
        self.origin.swap(origin, Ordering::AcqRel) != origin
    }

    /// From when on the lock stands there that was seen last, at the latest.
    #[inline]
    pub(crate) fn defined(&self) -> u64 {
        self.defined.load(Ordering::Acquire)
    }

    /// How often it is held for reading. The count of a guest that has one is never smaller: it is raised before the hook
    /// that raises this, and lowered after the one that lowers it.
    #[inline]
    pub(crate) fn readers(&self) -> u64 {
        self.readers.load(Ordering::SeqCst)
    }

    /// Whether somebody wanted to read it, so that "for writing" tells something of the others.
    #[inline]
    pub(crate) fn was_read(&self) -> bool {
        self.was_read.load(Ordering::Relaxed)
    }

    /// Called at `finish_read`.
    #[inline]
    pub(crate) fn reader_came(&self) {
        self.readers.fetch_add(1, Ordering::SeqCst);
        self.wanted_for_reading();
    }

    /// Remembers that it is a read-write lock.
    #[inline]
    pub(crate) fn wanted_for_reading(&self) {
        if !self.was_read() {
            self.was_read.store(true, Ordering::Relaxed);
        }
    }

    /// Called at `start_read_unlock`, once for each [`reader_came`](Self::reader_came) of the same lock.
    #[inline]
    pub(crate) fn reader_leaves(&self) {
        // Wraps for a guest that changes a lock's number while others read it; then nobody is found to wait for readers.
        self.readers.fetch_sub(1, Ordering::SeqCst);
    }

    /// Called at `start_read_unlock` by a thread that does not hold it, while others are said to.
    #[cold]
    pub(crate) fn reader_leaves_for_another(&self) {
        self.released_by_others.store(true, Ordering::SeqCst);
    }

    /// Whether what threads are said to hold of it for reading may be over.
    pub(crate) fn was_released_by_others(&self) -> bool {
        self.released_by_others.load(Ordering::SeqCst)
    }

    /// Remembers a release, or a notification.
    #[inline]
    pub(crate) fn released_at(&self, time: u64) {
        self.released.fetch_max(time, Ordering::AcqRel);
    }

    /// Called at `finish_lock`, by the thread that now holds the lock.
    #[inline]
    pub(crate) fn acquired(&self, thread: u32, site: u32) {
        self.site.store(site, Ordering::Release);
        self.owner.store(u64::from(thread) + 1, Ordering::SeqCst);
    }

    /// Called at `start_unlock`, while the lock is still held.
    #[inline]
    pub(crate) fn release(&self, time: u64) {
        self.released_at(time);
        self.owner.store(0, Ordering::Release);
    }
}

type Shard = Mutex<HashMap<u32, Arc<AddressEntry>>>;

/// All locks and condition variables of a run.
#[derive(Debug)]
pub(crate) struct AddressTable {
    shards: Box<[Shard]>,
    count: AtomicUsize,
    budget: Arc<Budget>,
}

impl AddressTable {
    /// An empty table, whose entries are paid for from this budget.
    pub(crate) fn new(budget: Arc<Budget>) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            count: AtomicUsize::new(0),
            budget,
        }
    }

    /// Whether none was ever seen.
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// The entry of a lock, if it has one already.
    pub(crate) fn known(&self, lock: u32) -> Option<Arc<AddressEntry>> {
        self.shards[slot(lock, SHARDS)].lock().get(&lock).cloned()
    }

    /// The entry of a lock; `None` if there is no room for another one.
    pub(crate) fn entry(&self, lock: u32) -> Option<Arc<AddressEntry>> {
        let mut shard = self.shards[slot(lock, SHARDS)].lock();
        if let Some(entry) = shard.get(&lock) {
            return Some(entry.clone());
        }
        if !self.budget.take(COST) {
            return None;
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        Some(shard.entry(lock).or_default().clone())
    }

    /// Another lock stands at this address, with this number: nobody holds it yet. Called before anybody has it.
    #[cold]
    pub(crate) fn renew(&self, lock: u32, instance: u32) {
        let shard = self.shards[slot(lock, SHARDS)].lock();
        let Some(entry) = shard.get(&lock) else { return };
        // Under the lock: whoever comes second finds the number changed, and leaves alone what the first has done since.
        if entry.instance() != instance {
            entry.owner.store(0, Ordering::SeqCst);
            entry.readers.store(0, Ordering::SeqCst);
            entry.was_read.store(false, Ordering::Relaxed);
            entry.released_by_others.store(false, Ordering::SeqCst);
            entry.instance.store(instance, Ordering::Release);
        }
    }
}

/// A lock's address and its entry.
type Cached = Option<(u32, Arc<AddressEntry>)>;

/// A thread's shortcut to the entries that it used last.
#[derive(Debug)]
pub(crate) struct AddressCache {
    slots: Box<[Cached]>,
}

impl Default for AddressCache {
    fn default() -> Self {
        Self {
            slots: vec![None; CACHE].into(),
        }
    }
}

impl AddressCache {
    /// The entry of a lock, from the cache or the table.
    #[inline]
    pub(crate) fn entry(&mut self, table: &AddressTable, lock: u32) -> Option<&AddressEntry> {
        let slot = &mut self.slots[slot(lock, CACHE)];
        if !matches!(slot, Some((cached, _)) if *cached == lock) {
            *slot = Some((lock, table.entry(lock)?));
        }
        slot.as_ref().map(|(_, entry)| &**entry)
    }
}

/// Spreads addresses, which are mostly multiples of four or eight, over `slots` (a power of two).
#[inline]
fn slot(lock: u32, slots: usize) -> usize {
    let mixed = lock.wrapping_mul(0x9E37_79B1) >> 16;
    mixed as usize & (slots - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_remembers_its_owner_until_the_release() {
        let table = AddressTable::new(Arc::default());
        let mut cache = AddressCache::default();
        let entry = cache.entry(&table, 0x1000).unwrap();
        assert_eq!(entry.owner(), None);
        entry.acquired(0, 77);
        assert_eq!(table.entry(0x1000).unwrap().owner(), Some(0));
        assert_eq!(table.entry(0x1000).unwrap().site(), 77);
        table.entry(0x1000).unwrap().release(5);
        assert_eq!(cache.entry(&table, 0x1000).unwrap().owner(), None);
        assert_eq!(cache.entry(&table, 0x1000).unwrap().released(), 5);
    }

    #[test]
    fn readers_are_counted_and_known_for_good() {
        let entry = AddressEntry::default();
        assert!(!entry.was_read());
        entry.reader_came();
        entry.reader_came();
        entry.reader_leaves();
        assert_eq!(
            (entry.readers(), entry.owner(), entry.was_read()),
            (1, None, true)
        );
        entry.reader_leaves();
        entry.released_at(9);
        entry.released_at(3);
        assert_eq!(
            (entry.readers(), entry.released(), entry.was_read()),
            (0, 9, true)
        );
    }

    #[test]
    fn who_comes_second_to_a_new_lock_is_later_than_its_definition() {
        let entry = AddressEntry::default();
        assert!(!entry.is_known(7));
        // Two threads saw another lock; the one with the later time was first.
        assert!(entry.define(7, 100));
        assert!(!entry.define(7, 99));
        assert!(entry.is_known(7) && !entry.is_known(8));
        assert_eq!(entry.defined(), 100);
        assert!(entry.define(8, 200) && entry.define(7, 300));
        assert_eq!(entry.defined(), 300);
    }

    #[test]
    fn another_lock_at_an_address_is_held_by_nobody() {
        let table = AddressTable::new(Arc::default());
        let entry = table.entry(8).unwrap();
        table.renew(8, 1);
        entry.acquired(3, 77);
        entry.reader_came();
        table.renew(8, 1);
        assert_eq!(
            (entry.owner(), entry.readers()),
            (Some(3), 1),
            "it is the same one"
        );
        table.renew(8, 2);
        assert_eq!(
            (entry.owner(), entry.readers(), entry.was_read()),
            (None, 0, false)
        );
        assert_eq!(entry.instance(), 2);
        // Of an address that was never seen there is nothing to forget.
        table.renew(12, 2);
        assert_eq!(table.entry(12).unwrap().instance(), 0);
    }

    #[test]
    fn beyond_the_limit_new_locks_are_not_followed_and_known_ones_are() {
        let table = AddressTable::new(Arc::new(Budget::new(COST as u64 * 2 - 1)));
        assert!(table.entry(8).is_some());
        assert!(table.entry(12).is_none());
        assert!(AddressCache::default().entry(&table, 12).is_none());
        assert!(table.entry(8).is_some());
    }

    #[test]
    fn locks_that_share_a_cache_slot_stay_apart() {
        let table = AddressTable::new(Arc::default());
        let mut cache = AddressCache::default();
        for lock in (0..4096).step_by(4) {
            cache.entry(&table, lock).unwrap().acquired(lock, 0);
        }
        for lock in (0..4096).step_by(4) {
            assert_eq!(cache.entry(&table, lock).unwrap().owner(), Some(lock));
        }
    }
}
