//! [`Detector`]: what threads do goes in, races come out.

use std::collections::BTreeMap;

use crate::access::{Access, Nearby, Place, Race, Record};
use crate::clock::Clock;
use crate::order::Order;
use crate::shadow::{PAGE, Shadow};
use crate::slot::Slot;
use crate::threads::Threads;
use crate::words::{Released, Words};

/// Allocations that are known at once; of more, reports do not tell.
const MOST_BLOCKS: usize = 1 << 20;
/// How much is done between two looks at the budget: things, and pages of what is accessed.
const LOOK: u64 = 256;
/// Bytes of an access between two looks at the budget.
const PART: u32 = 1 << 18;

/// An atomic access.
///
/// ```
/// use threadlink_races::{Order, Step};
///
/// let step = Step::Change { order: Order::AcqRel };
/// assert_ne!(step, Step::Read { order: Order::AcqRel });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A load, or a compare-exchange that has failed.
    Read {
        /// Its ordering.
        order: Order,
    },
    /// A store.
    Write {
        /// Its ordering.
        order: Order,
    },
    /// A read and a write in one.
    Change {
        /// Its ordering.
        order: Order,
    },
}

impl Step {
    /// That of its read, and that of its write.
    fn orders(self) -> (Option<Order>, Option<Order>) {
        match self {
            Self::Read { order } => (Some(order), None),
            Self::Write { order } => (None, Some(order)),
            Self::Change { order } => (Some(order), Some(order)),
        }
    }
}

/// An allocation.
#[derive(Debug, Clone, Copy)]
struct Block {
    len: u32,
    /// Where it was made; `None` of a thread's own.
    place: Option<Place>,
    thread: u32,
}

/// Finds races of a program whose threads run one at a time.
///
/// ```
/// use threadlink_races::{Access, Detector, Order, Place, Step};
///
/// let mut detector = Detector::new(1 << 20);
/// let main = detector.fork(1, None).expect("there is room");
/// let child = detector.fork(2, Some(main)).expect("there is room");
/// let at = |site| Place { site, path: 0 };
///
/// // Handed over: written, released; acquired, read.
/// assert_eq!(detector.access(main, 64, 4, Access::WRITE, at(1)), None);
/// assert_eq!(detector.atomic(main, 128, 4, Step::Write { order: Order::Release }, at(2)), None);
/// assert_eq!(detector.atomic(child, 128, 4, Step::Read { order: Order::Acquire }, at(3)), None);
/// assert_eq!(detector.access(child, 64, 4, Access::READ, at(4)), None);
/// // Not handed back.
/// let race = detector.access(main, 64, 4, Access::WRITE, at(5)).expect("nothing orders them");
/// assert_eq!(race.earlier, (Access::READ, at(4), 2));
/// ```
#[derive(Debug)]
pub struct Detector {
    threads: Threads,
    words: Words,
    shadow: Shadow,
    /// From which address on memory comes from an allocator.
    heap: u32,
    blocks: BTreeMap<u32, Block>,
    budget: usize,
    /// Until the next look at it.
    left: u64,
    forgotten: u64,
}

fn range(address: u32, len: u32) -> std::ops::Range<u64> {
    u64::from(address)..u64::from(address) + u64::from(len)
}

impl Detector {
    /// One that remembers no more than about `budget` bytes: where they are used up, it forgets all accesses.
    #[must_use]
    pub fn new(budget: usize) -> Self {
        Self {
            threads: Threads::default(),
            words: Words::default(),
            shadow: Shadow::default(),
            heap: u32::MAX,
            blocks: BTreeMap::new(),
            budget,
            left: LOOK,
            forgotten: 0,
        }
    }

    /// Memory from this address on comes from allocators. What is not known there as [allocated](Self::allocate), or as somebody's
    /// [own](Self::own), is that of the runtime, of which [private](Self::private) accesses order what others do not.
    pub fn set_heap(&mut self, heap: u32) {
        self.heap = heap;
    }

    /// A thread begins, and comes after what `parent` has done. Races name it as `name`. `None` if there are more than 65,535
    /// of which none is known to come after the end of another.
    pub fn fork(&mut self, name: u32, parent: Option<Slot>) -> Option<Slot> {
        // Whether the clocks are in use or of threads that nobody waits for, each new one may be as long as there are threads.
        self.look(LOOK);
        self.threads.add(name, parent)
    }

    /// A thread has ended, and does nothing any more.
    pub fn end(&mut self, slot: Slot) {
        self.threads.end(slot);
    }

    /// A thread knows that the one called `name` has ended. If it does not want to know, as it only clears up after it, that
    /// orders nothing.
    pub fn join(&mut self, slot: Slot, name: u32, wants_to_know: bool) {
        self.threads.join(slot, name, wants_to_know);
    }

    /// A number that changes whenever a thread may not rely any more on what it has accessed before: as long as it does not,
    /// an access that was told need not be told again, and after a write no read either. `None` if all must be told.
    #[must_use]
    pub fn moment(&self, slot: Slot) -> Option<u32> {
        let moment = self.threads.get(slot)?.moment;
        (moment != u32::MAX).then_some(moment)
    }

    /// How often all accesses were forgotten, for want of memory.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Bytes that all of it takes, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let block = size_of::<(u32, Block)>() + size_of::<usize>();
        self.shadow.bytes() + self.words.bytes() + self.threads.bytes() + self.blocks.len() * block
    }

    fn record(&self, slot: Slot, access: Access, place: Place) -> Option<(Record, &Clock)> {
        let clock = &self.threads.get(slot)?.clock;
        let record = Record {
            epoch: clock.get(slot.index()),
            place,
            slot,
            mask: 0,
            access,
        };
        Some((record, clock))
    }

    fn race(&self, address: u32, old: Record, new: Record) -> Race {
        let of = |record: Record| {
            (
                record.access,
                record.place,
                self.threads.name(record.slot, record.epoch),
            )
        };
        let block = self.block(address).filter(|(_, block)| block.place.is_some());
        let nearby = self.nearby(old, new);
        let held = |record: Record| {
            let taken = self.threads.taken(record.slot, record.epoch);
            taken.map(<[_]>::to_vec)
        };
        Race {
            nearby,
            earlier_held: held(old),
            later_held: held(new),
            address,
            earlier: of(old),
            later: of(new),
            block: block.and_then(|(start, block)| Some((start, block.len, block.place?, block.thread))),
        }
    }

    fn nearby(&self, old: Record, new: Record) -> Nearby {
        let later = self.threads.get(new.slot);
        Nearby {
            acquired: later.and_then(|thread| thread.acquired),
            unheeded: later
                .filter(|thread| thread.seen.get(old.slot.index()) >= old.epoch)
                .and_then(|thread| thread.unheeded),
        }
    }

    fn block(&self, address: u32) -> Option<(u32, &Block)> {
        let (start, block) = self.blocks.range(..=address).next_back()?;
        (address - start < block.len).then_some((*start, block))
    }

    /// The runtime accesses a word of its own atomically.
    pub fn private(&mut self, slot: Slot, address: u32, step: Step) {
        self.look(1);
        let (reads, writes) = step.orders();
        let Some(thread) = self.threads.get_mut(slot) else {
            return;
        };
        if reads.is_some()
            && let Some(released) = self.words.get(address)
        {
            thread.wide.join(&released.wide);
        }
        if writes.is_some_and(Order::releases) {
            let released = Released {
                clock: Clock::default(),
                wide: thread.wide.clone(),
                place: None,
            };
            if reads.is_some() {
                self.words.add(address, &released);
            } else {
                self.words.set(address, &released);
            }
            self.advance(slot);
        }
    }

    /// These bytes are a thread's own from now on, whoever has used them before, until it ends.
    pub fn own(&mut self, slot: Slot, address: u32, len: u32) {
        self.clear(address, len);
        let Some((record, _)) = self.record(slot, Access::ALLOCATE, Place::default()) else {
            return;
        };
        let thread = self.threads.name(slot, record.epoch);
        if self.blocks.len() < MOST_BLOCKS {
            self.blocks.insert(
                address,
                Block {
                    len,
                    place: None,
                    thread,
                },
            );
        }
    }

    /// They are nobody's own any more.
    pub fn disown(&mut self, address: u32) {
        if self
            .blocks
            .get(&address)
            .is_some_and(|block| block.place.is_none())
        {
            self.blocks.remove(&address);
        }
    }

    /// A thread reads or writes `len` bytes.
    pub fn access(
        &mut self,
        slot: Slot,
        address: u32,
        len: u32,
        access: Access,
        place: Place,
    ) -> Option<Race> {
        let mut race = None;
        let mut rest = range(address, len);
        // In parts: one access may be of all the memory that there is.
        while let Some(len) = u32::try_from(rest.end - rest.start).ok().filter(|len| *len > 0) {
            let len = len.min(PART);
            let start = u32::try_from(rest.start).ok()?;
            self.look(1 + u64::from(len) / PAGE);
            let found = self.access_part(slot, start, len, access, place);
            race = race.or(found);
            rest.start += u64::from(len);
        }
        race
    }

    fn access_part(
        &mut self,
        slot: Slot,
        address: u32,
        len: u32,
        access: Access,
        place: Place,
    ) -> Option<Race> {
        let thread = self.threads.get(slot)?;
        let known = address < self.heap || self.block(address).is_some();
        let clock = if known { &thread.clock } else { &thread.wide };
        let record = Record {
            epoch: thread.clock.get(slot.index()),
            place,
            slot,
            mask: 0,
            access,
        };
        let (address, old) = self.shadow.access(range(address, len), record, clock)?;
        Some(self.race(address, old, record))
    }

    /// A thread accesses `len` bytes atomically. To be told when what is read was read, and before anything else happens.
    pub fn atomic(&mut self, slot: Slot, address: u32, len: u32, step: Step, place: Place) -> Option<Race> {
        let (reads, writes) = step.orders();
        let thread = self.threads.get_mut(slot)?;
        if let Some(order) = reads
            && let Some(released) = self.words.get(address)
        {
            if order.acquires() {
                thread.clock.join(&released.clock);
                thread.wide.join(&released.wide);
                thread.acquired = released.place.map(|from| [from, place]);
            } else {
                thread.seen.join(&released.clock);
                thread.unheeded = released.place.map(|from| [from, place]);
            }
        }
        let access = if writes.is_some() {
            Access::ATOMIC_WRITE
        } else {
            Access::ATOMIC_READ
        };
        let race = self.access(slot, address, len, access, place);
        if let Some(order) = writes
            && let Some(thread) = self.threads.get(slot)
        {
            let released = if order.releases() {
                Released {
                    clock: thread.clock.clone(),
                    wide: thread.wide.clone(),
                    place: Some(place),
                }
            } else {
                Released {
                    clock: thread.fenced.clone(),
                    wide: thread.fenced.clone(),
                    place: Some(place),
                }
            };
            if reads.is_some() {
                self.words.add(address, &released);
            } else {
                self.words.set(address, &released);
            }
            if order.releases() {
                self.advance(slot);
                self.threads.give(slot, address);
            }
        }
        let takes = step
            == Step::Change {
                order: Order::Acquire,
            };
        if takes && !self.threads.take(slot, address, place) {
            self.forget();
        }
        race
    }

    /// A fence.
    pub fn fence(&mut self, slot: Slot, order: Order) {
        let Some(thread) = self.threads.get_mut(slot) else {
            return;
        };
        if order.acquires() {
            let seen = std::mem::take(&mut thread.seen);
            thread.clock.join(&seen);
            thread.wide.join(&seen);
        }
        if order.releases() {
            thread.fenced = thread.clock.clone();
            self.advance(slot);
        }
    }

    /// These bytes are new: a thread has allocated them, which is like writing to them.
    pub fn allocate(&mut self, slot: Slot, address: u32, len: u32, place: Place) {
        self.look(1 + u64::from(len) / PAGE);
        self.clear(address, len);
        self.threads.renew(slot);
        let Some((record, _)) = self.record(slot, Access::ALLOCATE, place) else {
            return;
        };
        self.shadow.reset(range(address, len), Some(record));
        if self.blocks.len() < MOST_BLOCKS {
            let thread = self.threads.name(slot, record.epoch);
            self.blocks.insert(
                address,
                Block {
                    len,
                    place: Some(place),
                    thread,
                },
            );
        }
    }

    /// These bytes are given back, which is like writing to them, and what they are used for next has nothing to do with it.
    pub fn free(&mut self, slot: Slot, address: u32, len: u32, place: Place) -> Option<Race> {
        let (record, clock) = self.record(slot, Access::FREE, place)?;
        let found = self.shadow.find(range(address, len), record, clock);
        let race = found.map(|(address, old)| self.race(address, old, record));
        self.clear(address, len);
        self.blocks.remove(&address);
        self.threads.renew(slot);
        race
    }

    /// These bytes are used for something new, in a way that orders what was and what will be.
    pub fn clear(&mut self, address: u32, len: u32) {
        let Some(last) = len.checked_sub(1) else { return };
        self.shadow.reset(range(address, len), None);
        self.words.remove(address..=address.saturating_add(last));
    }

    fn advance(&mut self, slot: Slot) {
        if !self.threads.advance(slot) {
            self.forget();
        }
    }

    /// Looks whether the budget is used up, when so much has been done since.
    fn look(&mut self, done: u64) {
        self.left = self.left.saturating_sub(done);
        if self.left == 0 {
            self.left = LOOK;
            if self.bytes() > self.budget {
                self.forget();
            }
        }
    }

    fn forget(&mut self) {
        self.shadow.clear();
        self.words.clear();
        self.blocks.clear();
        self.threads.forget();
        self.forgotten += 1;
    }
}

#[cfg(test)]
mod tests;
