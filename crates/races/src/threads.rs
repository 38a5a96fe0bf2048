//! Threads: their clocks, and the places that they have in the clocks of others.

use std::collections::HashMap;

use crate::access::Place;
use crate::clock::Clock;
use crate::held::{Held, Taken};
use crate::slot::Slot;

/// A thread that runs.
#[derive(Debug, Default)]
pub(crate) struct Thread {
    pub(crate) clock: Clock,
    /// The same, with what only the runtime has ordered.
    pub(crate) wide: Clock,
    /// What its last release fence has released; empty before.
    pub(crate) fenced: Clock,
    /// What its reads have seen since that acquire nothing themselves: the next acquire fence does.
    pub(crate) seen: Clock,
    /// A number that no other moment has between two releases of a thread.
    pub(crate) moment: u32,
    /// The release that it has last acquired, and where.
    pub(crate) acquired: Option<[Place; 2]>,
    /// The one that it has last read without acquiring it, likewise.
    pub(crate) unheeded: Option<[Place; 2]>,
}

/// One slot, and who has had it.
#[derive(Debug, Default)]
struct Seat {
    thread: Option<Thread>,
    /// The last epoch of the last thread.
    last: u32,
    /// From which epoch on it was whose.
    lives: Vec<(u32, u32)>,
    held: Held,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    seats: Vec<Seat>,
    /// The clocks of threads that have ended and that nobody has joined, by name.
    ended: HashMap<u32, (Clock, Clock)>,
    moments: u32,
}

impl Threads {
    /// A thread of this name; `None` if there are too many. What `parent` has done comes before it.
    pub(crate) fn add(&mut self, name: u32, parent: Option<Slot>) -> Option<Slot> {
        let parents = parent.and_then(|slot| self.get(slot));
        let clocks = parents.map(|thread| (thread.clock.clone(), thread.wide.clone()));
        let (mut clock, mut wide) = clocks.unwrap_or_default();
        let free = |(index, seat): (usize, &Seat)| {
            (seat.thread.is_none() && clock.get(index) >= seat.last).then_some(index)
        };
        let index = match self.seats.iter().enumerate().find_map(free) {
            Some(index) => index,
            None => self.seats.len(),
        };
        let slot = Slot(u16::try_from(index).ok()?);
        if index == self.seats.len() {
            self.seats.push(Seat::default());
        }
        let moment = self.moment();
        let seat = self.seats.get_mut(index)?;
        let first = seat.last + 1;
        clock.set(index, first);
        wide.set(index, first);
        // Of those before, records may still speak: all are kept, but for the oldest of very many.
        if seat.lives.len() == usize::from(u16::MAX) {
            seat.lives.remove(0);
        }
        seat.lives.push((first, name));
        seat.held.begin(first);
        seat.thread = Some(Thread {
            clock,
            wide,
            moment,
            ..Thread::default()
        });
        if let Some(parent) = parent {
            self.advance(parent);
        }
        Some(slot)
    }

    pub(crate) fn get(&self, slot: Slot) -> Option<&Thread> {
        self.seats.get(slot.index())?.thread.as_ref()
    }

    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut Thread> {
        self.seats.get_mut(slot.index())?.thread.as_mut()
    }

    /// What the thread does from here on comes after what it has released. `false` if it cannot be counted any more.
    pub(crate) fn advance(&mut self, slot: Slot) -> bool {
        let moment = self.moment();
        let Some(thread) = self.get_mut(slot) else {
            return true;
        };
        let epoch = thread.clock.get(slot.index());
        thread.moment = moment;
        thread.clock.set(slot.index(), epoch.saturating_add(1));
        thread.wide.set(slot.index(), epoch.saturating_add(1));
        epoch < u32::MAX - 2
    }

    /// The thread has taken a word, unless it has it already: what it does from here on it does with it. `false` as above.
    pub(crate) fn take(&mut self, slot: Slot, address: u32, place: Place) -> bool {
        let Some(seat) = self.seats.get_mut(slot.index()) else {
            return true;
        };
        let Some(thread) = seat.thread.as_mut().filter(|_| !seat.held.has(address)) else {
            return true;
        };
        // Another epoch, but the same moment: what was told since is not told again, and counts as done without.
        let epoch = thread.clock.get(slot.index()).saturating_add(1);
        thread.clock.set(slot.index(), epoch);
        thread.wide.set(slot.index(), epoch);
        seat.held.take(address, place, epoch);
        epoch < u32::MAX - 2
    }

    /// The thread has given it back, if it had it.
    pub(crate) fn give(&mut self, slot: Slot, address: u32) {
        if let Some(seat) = self.seats.get_mut(slot.index())
            && let Some(thread) = &seat.thread
            && seat.held.has(address)
        {
            seat.held.give(address, thread.clock.get(slot.index()));
        }
    }

    /// What the thread that had that slot in that epoch had taken then; `None` if that is not known any more.
    pub(crate) fn taken(&self, slot: Slot, epoch: u32) -> Option<&[Taken]> {
        self.seats.get(slot.index())?.held.at(epoch)
    }

    /// The thread forgets what it has looked up of memory.
    pub(crate) fn renew(&mut self, slot: Slot) {
        let moment = self.moment();
        if let Some(thread) = self.get_mut(slot) {
            thread.moment = moment;
        }
    }

    /// When there is none left, it is the last one for ever.
    fn moment(&mut self) -> u32 {
        self.moments = self.moments.saturating_add(1);
        self.moments
    }

    /// The thread has ended.
    pub(crate) fn end(&mut self, slot: Slot) {
        if let Some(seat) = self.seats.get_mut(slot.index())
            && let Some(thread) = seat.thread.take()
        {
            seat.last = thread.clock.get(slot.index());
            if let Some((_, name)) = seat.lives.last() {
                self.ended.insert(*name, (thread.clock, thread.wide));
            }
        }
    }

    /// What the thread of this name has done comes before what this one does from here on, if it wants to know.
    pub(crate) fn join(&mut self, slot: Slot, name: u32, wants_to_know: bool) {
        if let Some((clock, wide)) = self.ended.remove(&name)
            && let Some(thread) = self.get_mut(slot)
        {
            thread.wide.join(&wide);
            if wants_to_know {
                thread.clock.join(&clock);
            }
        }
    }

    /// Whose that slot was in that epoch.
    pub(crate) fn name(&self, slot: Slot, epoch: u32) -> u32 {
        let lives = self.seats.get(slot.index()).map_or(&[][..], |seat| &seat.lives);
        let behind = lives.partition_point(|(first, _)| *first <= epoch);
        lives.get(behind.saturating_sub(1)).map_or(0, |(_, name)| *name)
    }

    /// Nothing of what was comes before anything or after it, as nobody remembers any of it.
    pub(crate) fn forget(&mut self) {
        self.ended.clear();
        let used = self.seats.iter().rposition(|seat| seat.thread.is_some());
        self.seats.truncate(used.map_or(0, |last| last + 1));
        for (index, seat) in self.seats.iter_mut().enumerate() {
            let name = seat.lives.last().map_or(0, |(_, name)| *name);
            seat.last = 0;
            seat.lives = vec![(1, name)];
            seat.held.forget();
            if let Some(thread) = &mut seat.thread {
                thread.clock = Clock::default();
                thread.clock.set(index, 1);
                thread.wide = thread.clock.clone();
                thread.fenced = Clock::default();
                thread.seen = Clock::default();
            }
        }
        for index in 0..self.seats.len() {
            self.renew(Slot(u16::try_from(index).unwrap_or(u16::MAX)));
        }
    }

    /// Bytes of all clocks, about.
    pub(crate) fn bytes(&self) -> usize {
        let held: usize = self.seats.iter().map(|seat| seat.held.bytes()).sum();
        held + 2 * self.seats.len() * self.seats.len() * size_of::<u32>()
            + 2 * self.ended.len() * self.seats.len() * size_of::<u32>()
    }
}
