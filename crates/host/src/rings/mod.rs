//! Rings: where the shortcuts of a recorded guest put lock events, each thread into a ring of its own, without a call of the
//! host. What the ring has no room for, and what the writer's thread finds in it half a second later, goes to the trace from
//! here.
//!
//! All rings of a run are in one memory, which the copy of the guest's module imports and the guest's own code cannot reach.
//! [`layout`] says what stands where. A thread alone writes to its ring and says how far ([`layout::WRITTEN`]); whoever takes events out, one at a
//! time, says how far it may ([`layout::LIMIT`]). So nobody waits.

pub(crate) mod layout;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use parking_lot::Mutex;
use threadlink_trace::{CompactEvent, CompactSource, Gate};
use threadlink_watch::{Budget, Memory};
use wasmtime::{Engine, MemoryType, SharedMemory};

use self::layout::{CAPACITY, PAGE, place};
use crate::memory::GuestMemory;
use crate::reservation::Reserved;

/// Threads that have a ring at once; the others call the host for each event.
const MOST: u32 = 1023;
/// Pages that are no thread's: the first one, and [`Rings::nobodys`].
const OTHERS: u32 = 2;

/// Bytes that memories of an engine must have room for at least, for rings to be among them.
pub(crate) const LEAST: u64 = 1 << 20;

/// The rings of a run.
pub(crate) struct Rings {
    memory: GuestMemory,
    budget: Arc<Budget>,
    /// Pages that nobody has at the moment.
    free: Mutex<Vec<u32>>,
    /// Held by whoever changes [`layout::GENERATIONS`].
    renewing: Mutex<()>,
}

impl Rings {
    /// Without any ring yet; `None` if there are not the addresses for it. The engine's memories have as much room as `reserved`
    /// says, and none can be larger.
    pub(crate) fn new(engine: &Engine, reserved: Reserved, budget: &Arc<Budget>) -> Option<Arc<Self>> {
        let most = match reserved {
            Reserved::Whole => OTHERS + MOST,
            Reserved::Close(bytes) => {
                let pages = u32::try_from(bytes / u64::from(PAGE)).unwrap_or(u32::MAX);
                pages.clamp(OTHERS, OTHERS + MOST)
            }
        };
        let one = || SharedMemory::new(engine, MemoryType::shared(OTHERS, most)).ok();
        // Only where as many would be left for threads.
        let (memory, _left) = (one()?, one()?);
        let memory = GuestMemory::new(memory);
        for index in 0..1 << layout::PLACE_BITS {
            memory.store(layout::GENERATIONS + 4 * index, 1);
        }
        Some(Arc::new(Self {
            memory,
            budget: budget.clone(),
            free: Mutex::default(),
            renewing: Mutex::default(),
        }))
    }

    /// The memory that they are in.
    pub(crate) fn memory(&self) -> &SharedMemory {
        self.memory.shared()
    }

    /// The page of threads that have no ring: nothing is known there.
    pub(crate) fn nobodys(&self) -> u32 {
        PAGE
    }

    /// It is this late by now.
    pub(crate) fn tick(&self, now: u64) {
        self.memory.store64(layout::CLOCK, now);
    }

    /// Another lock stands at this address than before: who knows the one before has to ask.
    pub(crate) fn renew(&self, lock: u32) {
        let at = layout::GENERATIONS + 4 * place(lock);
        let _renewing = self.renewing.lock();
        // 0 is nobody's.
        let next = self.generation(lock).wrapping_add(1).max(1);
        self.memory.store(at, next);
    }

    fn generation(&self, lock: u32) -> u32 {
        self.word(layout::GENERATIONS + 4 * place(lock))
    }

    /// A ring for a thread; `None` if there are too many, or no memory for another one.
    pub(crate) fn ring(self: &Arc<Self>) -> Option<Arc<Ring>> {
        let known = self.free.lock().pop();
        let base = match known {
            Some(base) => base,
            None if self.budget.take(PAGE as usize) => {
                let pages = self.memory.shared().grow(1).ok()?;
                u32::try_from(pages).ok()?.checked_mul(PAGE)?
            }
            None => return None,
        };
        let ring = Ring {
            rings: self.clone(),
            base,
        };
        // What a thread before left there when the trace was closed is nobody's.
        let written = ring.word(layout::WRITTEN);
        self.memory
            .store(base + layout::LIMIT, written.wrapping_add(CAPACITY));
        Some(Arc::new(ring))
    }

    fn word(&self, address: u32) -> u32 {
        self.memory.load(address).unwrap_or_default()
    }
}

impl Gate for Rings {
    fn close(&self) {
        self.memory.set_bits(layout::CLOSED, 1);
    }

    fn is_closed(&self) -> bool {
        self.word(layout::CLOSED) != 0
    }
}

/// The ring of one thread, until this is dropped.
///
/// What was known of sites and locks when it was another thread's is still so, and the time of its last event is that of the
/// other thread's last one: not before any lock in it was told of.
pub(crate) struct Ring {
    rings: Arc<Rings>,
    base: u32,
}

impl Ring {
    /// Where its page begins.
    pub(crate) fn base(&self) -> u32 {
        self.base
    }

    /// The time of the thread's last event.
    pub(crate) fn last(&self) -> u64 {
        self.rings
            .memory
            .load64(self.base + layout::LAST)
            .unwrap_or_default()
    }

    /// The thread has an event at this time that is not in the ring.
    pub(crate) fn set_last(&self, time: u64) {
        self.rings.memory.store64(self.base + layout::LAST, time);
    }

    /// The trace knows of so many locks that the thread has dropped.
    pub(crate) fn set_ended(&self, count: u32) {
        self.note(self.base + layout::ENDED, count);
    }

    /// The trace knows which lock has this number, and stands there, and this site.
    pub(crate) fn learn(&self, lock: u32, instance: u32, site: u32) {
        self.note(self.base + layout::SITES + 4 * place(site), site);
        // What has no number cannot be told from the next one there.
        if instance == 0 || !lock.is_multiple_of(8) {
            return;
        }
        let entry = self.base + layout::LOCKS + layout::LOCK_SIZE * place(lock);
        let known = u64::from(instance) << 32 | u64::from(lock);
        self.rings.memory.store64(entry + layout::LOCK, known);
        self.note(entry + layout::LOCK_GENERATION, self.rings.generation(lock));
    }

    /// Makes a word of the thread's page this, which mostly it is already: a store of this kind costs more than a look.
    fn note(&self, address: u32, value: u32) {
        if self.rings.word(address) != value {
            self.rings.memory.store(address, value);
        }
    }

    fn word(&self, offset: u32) -> u32 {
        self.rings.word(self.base + offset)
    }
}

impl CompactSource for Ring {
    fn take(&self, into: &mut Vec<CompactEvent>) {
        let taken = self.word(layout::LIMIT).wrapping_sub(CAPACITY);
        let written = self.word(layout::WRITTEN);
        let count = written.wrapping_sub(taken).min(CAPACITY);
        if count == 0 {
            return;
        }
        into.reserve(count as usize);
        // In two parts, if it goes on at the beginning.
        let from = taken % CAPACITY;
        let first = count.min(CAPACITY - from);
        for (from, count) in [(from, first), (0, count - first)] {
            let at = self.base + layout::EVENTS + from * CompactEvent::SIZE as u32;
            let Some(mut words) = self.rings.memory.words64(at, 2 * count) else {
                continue;
            };
            while let (Some(head), Some(place)) = (words.next(), words.next()) {
                into.push(CompactEvent::from_words([head, place]));
            }
        }
        let limit = taken.wrapping_add(count).wrapping_add(CAPACITY);
        self.rings.memory.store(self.base + layout::LIMIT, limit);
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        self.rings.free.lock().push(self.base);
    }
}
