//! Which lock an address means: its name, and where it was made. An address can mean one lock after the other, and a lock
//! that has a number can move to another address; [`Table`] keeps what is known of each.

use std::cmp::Reverse;

use threadlink_trace::hash::Map;
use threadlink_trace::{LockInfo, LockOrigin, Trace};

/// A lock's address, and the time from which on it means this lock: what tells locks apart.
pub(crate) type Key = (u32, u64);

/// What the trace says of a lock or condition variable itself.
pub(crate) fn origin(trace: &Trace, (addr, since): Key) -> LockOrigin {
    let mut origin = LockOrigin::new(addr);
    if let Some(info) = trace.lock(addr, since) {
        origin.name.clone_from(&info.name);
        origin.made = trace.site(info.made).filter(|site| site.address != 0).cloned();
    }
    origin
}

/// Whether this is a part of something of std's that is no lock for whoever uses it, as the mutex of a barrier: those are
/// called by what they are a part of.
pub(crate) fn is_part_of_std(trace: &Trace, (addr, since): Key) -> bool {
    let name = trace.lock(addr, since).and_then(|info| info.name.as_deref());
    name.is_some_and(|name| name.starts_with("std::sync::"))
}

/// The lock that an address means for some time: from, and up to but not including.
#[derive(Clone, Copy)]
struct Meaning {
    /// The lock's number; 0 if that is not known.
    instance: u32,
    since: u64,
    until: Option<u64>,
}

impl Meaning {
    fn of(trace: &Trace, addr: u32, time: u64) -> Self {
        let locks = trace.locks();
        let after = locks.partition_point(|info| (info.addr, info.since) <= (addr, time));
        let of_addr = |info: &&LockInfo| info.addr == addr;
        let meant = locks[..after].last().filter(of_addr);
        Self {
            instance: meant.map_or(0, |info| info.instance),
            since: meant.map_or(0, |info| info.since),
            until: locks.get(after).filter(of_addr).map(|info| info.since),
        }
    }

    fn includes(self, time: u64) -> bool {
        self.since <= time && self.until.is_none_or(|until| time < until)
    }
}

/// Something for each lock or condition variable. Most addresses mean one lock for ever: of those it knows nothing twice.
pub(crate) struct Table<T> {
    things: Vec<(Key, T)>,
    /// What each address meant when it was asked for last, and the place of that in `things`.
    current: Map<u32, (Meaning, u32)>,
    /// What addresses meant at other times, of locks without a number.
    others: Map<Key, u32>,
    /// The places of locks that have a number.
    instances: Map<u32, u32>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            things: Vec::new(),
            current: Map::default(),
            others: Map::default(),
            instances: Map::default(),
        }
    }
}

impl<T: Default> Table<T> {
    /// The number of what `addr` means at `time`.
    pub(crate) fn number(&mut self, trace: &Trace, addr: u32, time: u64) -> u32 {
        let current = self.current.get(&addr);
        if let Some((meaning, number)) = &current
            && meaning.includes(time)
        {
            return *number;
        }
        let meaning = Meaning::of(trace, addr, time);
        let key = (addr, meaning.since);
        let mut add = || {
            self.things.push((key, T::default()));
            // An event has two bytes at least, and a file with more than eight billion cannot be in memory.
            u32::try_from(self.things.len() - 1).expect("fewer than 2^32 locks")
        };
        let before = current.copied();
        if let Some((old, number)) = before.filter(|(old, _)| old.instance == 0) {
            self.others.insert((addr, old.since), number);
        }
        let number = match (meaning.instance, before) {
            (0, None) => add(),
            (0, Some(_)) => *self.others.entry(key).or_insert_with(add),
            (instance, _) => *self.instances.entry(instance).or_insert_with(add),
        };
        // One that has moved is known by its last address.
        self.things[number as usize].0 = key;
        self.current.insert(addr, (meaning, number));
        number
    }

    /// What has this number.
    pub(crate) fn get(&mut self, number: u32) -> &mut T {
        &mut self.things[number as usize].1
    }

    /// The number of what `addr` means at `time`, if it was asked for before.
    pub(crate) fn find_number(&self, trace: &Trace, addr: u32, time: u64) -> Option<u32> {
        let (meaning, number) = self.current.get(&addr)?;
        if meaning.includes(time) {
            return Some(*number);
        }
        match Meaning::of(trace, addr, time) {
            Meaning {
                instance: 0, since, ..
            } => self.others.get(&(addr, since)).copied(),
            meaning => self.instances.get(&meaning.instance).copied(),
        }
    }

    /// What has this number, to look at.
    pub(crate) fn peek(&self, number: u32) -> &T {
        &self.things[number as usize].1
    }

    /// Which one has this number.
    pub(crate) fn key(&self, number: u32) -> Key {
        self.things[number as usize].0
    }

    /// All, by rank, the highest first; by address, then by time, where that is equal.
    pub(crate) fn into_ranked<R: Ord>(self, rank: impl Fn(&T) -> R) -> Ranked<T> {
        let mut things = self.things;
        things.sort_by_cached_key(|(key, thing)| (rank(thing), Reverse(*key)));
        Ranked(things)
    }
}

/// What was in a table, from the last to the first. What has been taken costs no memory any more: what is made of millions of
/// locks takes as much as they did.
pub(crate) struct Ranked<T>(Vec<(Key, T)>);

impl<T> Ranked<T> {
    /// The same without these. Not a filter: how many there are stays known.
    pub(crate) fn without(mut self, these: impl Fn(Key) -> bool) -> Self {
        self.0.retain(|(key, _)| !these(*key));
        self
    }
}

impl<T> Iterator for Ranked<T> {
    type Item = (Key, T);

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.0.pop();
        if self.0.len() < self.0.capacity() / 4 * 3 {
            self.0.shrink_to_fit();
        }
        next
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}
