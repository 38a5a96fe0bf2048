//! The counting for each thread: what it waits for, how long it has waited, and what it holds: [`Threads`].
//!
//! A thread waits for one thing at a time. What it does inside such a wait (locks wait at addresses, and so does who joins) is part
//! of that one; so the parts of a thread's life add up.

use threadlink_trace::{AwakeKind, EndKind, Event, Mode, ThreadInfo, Trace};

use crate::contention::WaitKind;
use crate::lives::ThreadReport;
use crate::lock::Ticket;

/// Locks that a thread holds at once and that are remembered: the latest ones. Those before them lose nothing but what is said
/// of waits with them held.
const MOST_HELD: usize = 64;
/// How many of these a wait is counted for.
const MOST_TOLD: usize = 8;

/// What a thread waits for with an event that says so: a lock, a condition variable, or another thread.
#[derive(Clone, Copy)]
pub(crate) struct Wait {
    pub(crate) site: u32,
    pub(crate) since: u64,
    pub(crate) what: What,
}

#[derive(Clone, Copy)]
pub(crate) enum What {
    /// By its number in the table.
    Lock(u32, Ticket),
    Condvar {
        /// The mutex is released, as it has to be before the wake.
        asleep: bool,
    },
    Join {
        /// The other one had not ended.
        waits: bool,
    },
}

/// A wait beside those.
#[derive(Clone, Copy)]
pub(crate) struct Aside {
    pub(crate) kind: WaitKind,
    pub(crate) site: u32,
    pub(crate) since: u64,
    /// Not for a token that was there.
    pub(crate) waits: bool,
}

/// A lock that a thread holds.
#[derive(Clone, Copy)]
pub(crate) struct Held {
    /// By its number in the table.
    pub(crate) lock: u32,
    pub(crate) site: u32,
    pub(crate) mode: Mode,
}

#[derive(Default)]
pub(crate) struct Thread {
    first: Option<u64>,
    /// The time of its last event: within a thread, time goes on, whatever a trace says.
    clock: u64,
    ended: bool,
    pub(crate) wait: Option<Wait>,
    pub(crate) aside: Option<Aside>,
    held: Vec<Held>,
    waits: [u64; WaitKind::ALL.len()],
}

impl Thread {
    /// Whether it waits for anything.
    pub(crate) fn is_waiting(&self) -> bool {
        self.wait.is_some() || self.aside.is_some()
    }

    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// The wait at an address is over; what for is that?
    pub(crate) fn awake(&mut self, how: AwakeKind) -> Option<Aside> {
        let aside = self.aside.take_if(|aside| aside.kind == WaitKind::Address)?;
        (how != AwakeKind::NotEqual).then_some(aside)
    }

    pub(crate) fn takes(&mut self, held: Held) {
        if self.held.len() == MOST_HELD {
            self.held.remove(0);
        }
        self.held.push(held);
    }

    pub(crate) fn leaves(&mut self, lock: u32, mode: Mode) {
        let is_it = |held: &Held| held.lock == lock && held.mode == mode;
        if let Some(at) = self.held.iter().rposition(is_it) {
            self.held.remove(at);
        }
    }

    /// Counts a wait, and says what it held meanwhile, but for the lock that it waited for.
    pub(crate) fn waited(
        &mut self,
        kind: WaitKind,
        wait: u64,
        lock: Option<u32>,
    ) -> impl Iterator<Item = Held> {
        self.waits[kind as usize] = self.waits[kind as usize].saturating_add(wait);
        let others = self.held.iter().rev().filter(move |held| Some(held.lock) != lock);
        others.take(MOST_TOLD).copied()
    }
}

/// The threads of a trace, as far as their events have been counted.
pub(crate) struct Threads<'a> {
    infos: &'a [ThreadInfo],
    /// In the same order.
    threads: Vec<Thread>,
    /// The one that did something last, and its place: as a rule it goes on.
    latest: (u32, usize),
}

impl<'a> Threads<'a> {
    pub(crate) fn of(trace: &'a Trace) -> Self {
        let infos = trace.threads();
        let mut threads = Vec::new();
        threads.resize_with(infos.len(), Thread::default);
        Self {
            infos,
            threads,
            latest: (infos.first().map_or(0, |info| info.id), 0),
        }
    }

    /// The place of the thread that did this, and when it did.
    pub(crate) fn did(&mut self, event: &Event) -> (usize, u64) {
        let (latest, mut at) = self.latest;
        if latest != event.thread {
            // Whoever has an event is among them.
            at = self.find(event.thread).unwrap_or(0);
            self.latest = (event.thread, at);
        }
        let thread = &mut self.threads[at];
        thread.clock = thread.clock.max(event.time);
        thread.first.get_or_insert(event.time);
        (at, thread.clock)
    }

    pub(crate) fn get(&mut self, at: usize) -> &mut Thread {
        &mut self.threads[at]
    }

    /// Which threads have these places.
    pub(crate) fn ids(&self) -> impl Iterator<Item = (usize, u32)> + use<'a> {
        self.infos.iter().map(|info| info.id).enumerate()
    }

    pub(crate) fn has_ended(&self, thread: u32) -> bool {
        self.find(thread).is_some_and(|at| self.threads[at].ended)
    }

    /// Up to when it is known that a thread went on with what it did last; `end` is the last time of the trace.
    pub(crate) fn known_until(&self, at: usize, truncated: bool, end: u64) -> u64 {
        let thread = &self.threads[at];
        if thread.is_waiting() || !(thread.ended || truncated) {
            end
        } else {
            thread.clock
        }
    }

    pub(crate) fn find(&self, thread: u32) -> Option<usize> {
        self.infos.binary_search_by_key(&thread, |info| info.id).ok()
    }

    /// `until` is [`known_until`](Self::known_until), from before the waits that last were counted.
    pub(crate) fn report(&self, at: usize, until: u64) -> ThreadReport {
        let (thread, info) = (&self.threads[at], &self.infos[at]);
        let life = thread.first.map_or(0, |first| until.saturating_sub(first));
        let [lock, condvar, address, join, park] = thread.waits;
        let waits = thread
            .waits
            .iter()
            .fold(0, |sum: u64, &wait| sum.saturating_add(wait));
        ThreadReport {
            thread: info.id,
            name: info.name.clone(),
            first_ns: thread.first.unwrap_or(0),
            last_ns: thread.clock,
            life_ns: life,
            running_ns: life.saturating_sub(waits),
            lock_wait_ns: lock,
            condvar_wait_ns: condvar,
            address_wait_ns: address,
            join_wait_ns: join,
            park_wait_ns: park,
            ended: thread.ended,
            died: info.ended == Some(EndKind::Died),
        }
    }
}
