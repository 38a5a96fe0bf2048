//! The counting of one lock's waiters: [`Queue`]. It is there for locks that somebody waited for.

use std::cmp::Reverse;

use threadlink_trace::{Mode, Trace};

use crate::contention::{Blame, CONVOY, Convoys, HeldWhileWaiting, LockContention, LockWaiter, WaitKind};
use crate::place::Place;
use crate::tally::Tally;

/// Who has a lock, as far as those are concerned that wait for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Head {
    pub(crate) site: u32,
    pub(crate) mode: Mode,
    pub(crate) thread: u32,
}

/// Where a lock was acquired, what for, and where what was waited for with it held.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Meanwhile {
    pub(crate) site: u32,
    pub(crate) mode: Mode,
    pub(crate) kind: WaitKind,
    pub(crate) at: u32,
}

#[derive(Clone, Copy, Default)]
struct Waits {
    count: u64,
    time: u64,
    longest: u64,
}

impl Waits {
    fn add(&mut self, time: u64) {
        self.count += 1;
        self.time = self.time.saturating_add(time);
        self.longest = self.longest.max(time);
    }
}

/// The waits for a lock, with what its holders did meanwhile.
#[derive(Default)]
pub(crate) struct Queue {
    /// How many threads wait.
    length: u64,
    longest: u64,
    /// Up to when the waits are counted in `blame`.
    counted: u64,
    waiters: Tally<u32, Waits>,
    blame: Tally<Head, u64>,
    meanwhile: Tally<Meanwhile, Waits>,
    /// Acquisitions in a row that had been waited for; from when to when.
    streak: u64,
    since: u64,
    until: u64,
    convoys: Convoys,
}

impl Queue {
    /// Counts the waits up to this time for the one that has the lock. One step, however many wait: whatever changes who waits or
    /// who has it, comes after this.
    pub(crate) fn count(&mut self, head: Option<Head>, time: u64) {
        let past = time.saturating_sub(self.counted);
        if past == 0 {
            return;
        }
        self.counted = time;
        if let Some(head) = head.filter(|_| self.length > 0) {
            let blocked = self.blame.at(head);
            *blocked = blocked.saturating_add(past.saturating_mul(self.length));
        }
    }

    pub(crate) fn enter(&mut self) {
        self.length += 1;
        self.longest = self.longest.max(self.length);
    }

    pub(crate) fn leave(&mut self) {
        self.length = self.length.saturating_sub(1);
    }

    /// A wait of this thread is over, with the lock or without it.
    pub(crate) fn waited(&mut self, thread: u32, wait: u64) {
        self.waiters.at(thread).add(wait);
    }

    /// The lock was acquired after a wait that began then.
    pub(crate) fn acquired(&mut self, since: u64, time: u64) {
        if self.streak == 0 {
            self.since = since;
        }
        self.streak += 1;
        self.until = time;
    }

    /// The lock was acquired without a wait, or there is nothing more.
    pub(crate) fn end_streak(&mut self) {
        let streak = std::mem::take(&mut self.streak);
        if streak >= CONVOY {
            let convoys = &mut self.convoys;
            convoys.count += 1;
            convoys.acquisitions += streak;
            convoys.longest = convoys.longest.max(streak);
            let time = self.until.saturating_sub(self.since);
            convoys.time_ns = convoys.time_ns.saturating_add(time);
        }
    }

    /// A holder has waited for something else.
    pub(crate) fn meanwhile(&mut self, what: Meanwhile, wait: u64) {
        self.meanwhile.at(what).add(wait);
    }

    pub(crate) fn report(mut self, trace: &Trace) -> LockContention {
        self.end_streak();
        let mut waiters = self.waiters.into_all();
        waiters.sort_unstable_by_key(|&(thread, waits)| (Reverse((waits.time, waits.count)), thread));
        let mut blame = self.blame.into_all();
        blame.sort_unstable_by_key(|&(head, blocked)| (Reverse(blocked), head));
        let mut meanwhile = self.meanwhile.into_all();
        meanwhile.sort_unstable_by_key(|&(what, waits)| (Reverse((waits.time, waits.count)), what));
        let waiter = |(thread, waits): (u32, Waits)| LockWaiter {
            thread,
            waits: waits.count,
            wait_ns: waits.time,
        };
        let blame_of = |(head, blocked_ns): (Head, u64)| Blame {
            place: Place::of(trace, head.site),
            mode: head.mode,
            thread: head.thread,
            blocked_ns,
        };
        let held_while = |(what, waits): (Meanwhile, Waits)| HeldWhileWaiting {
            place: Place::of(trace, what.site),
            mode: what.mode,
            kind: what.kind,
            waited_at: Place::of(trace, what.at),
            waits: waits.count,
            wait_ns: waits.time,
            max_wait_ns: waits.longest,
        };
        LockContention {
            waiters: waiters.into_iter().map(waiter).collect(),
            blame: blame.into_iter().map(blame_of).collect(),
            longest_queue: self.longest,
            convoys: self.convoys,
            held_while_waiting: meanwhile.into_iter().map(held_while).collect(),
        }
    }
}
