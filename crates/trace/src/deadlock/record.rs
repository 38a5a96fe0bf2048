//! A deadlock as the run itself found it, kept in the trace beside the events.

use crate::event::Mode;

/// A cycle of threads each of which waits for the next one (the last for the first), or a chain that ends at a
/// thread that is gone; or, if one of them waits for a condition variable or at an address, all threads that are left,
/// none of which can wake the others.
///
/// A thread that wants to read also waits for one that wants to write the same lock and came first: then the next
/// edge `holds` nothing and waits for that lock exclusively.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Deadlock {
    /// The threads in the order of waiting: `edges[i]` waits for `edges[i + 1]`. Without an order if one of them waits
    /// for a condition variable or at an address.
    pub edges: Vec<DeadlockEdge>,
    /// How many threads more wait than `edges` has; 0 where that is not known.
    pub more: u64,
}

impl Deadlock {
    /// The deadlock of these threads.
    ///
    /// # Examples
    /// ```
    /// use threadlink_trace::{Deadlock, DeadlockEdge, Waits};
    ///
    /// let itself = DeadlockEdge::new(3, None, Waits::Thread { thread: 3, site: 0 });
    /// assert_eq!(Deadlock::new(vec![itself]).edges, [itself]);
    /// ```
    #[must_use]
    pub fn new(edges: Vec<DeadlockEdge>) -> Self {
        Self { edges, more: 0 }
    }

    /// The same, with `more` threads that wait as well.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(threadlink_trace::Deadlock::default().and_more(3).more, 3);
    /// ```
    #[must_use]
    pub fn and_more(self, more: u64) -> Self {
        Self { more, ..self }
    }
}

/// One thread of a [`Deadlock`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct DeadlockEdge {
    /// The thread.
    pub thread: u32,
    /// The lock that this thread holds and the previous one waits for; `None` where the previous one waits for
    /// the thread itself, to join it, or behind it, to read what this one wants to write.
    pub holds: Option<HeldLock>,
    /// What this thread waits for.
    pub waits: Waits,
}

impl DeadlockEdge {
    /// What one thread of a deadlock holds and waits for.
    ///
    /// # Examples
    /// ```
    /// use threadlink_trace::{DeadlockEdge, Waits};
    ///
    /// assert_eq!(DeadlockEdge::new(3, None, Waits::Dead).thread, 3);
    /// ```
    #[must_use]
    pub fn new(thread: u32, holds: Option<HeldLock>, waits: Waits) -> Self {
        Self { thread, holds, waits }
    }
}

/// A lock that a thread holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct HeldLock {
    /// The lock's address.
    pub lock: u32,
    /// Where it was acquired; 0 if unknown.
    pub site: u32,
    /// What for.
    pub mode: Mode,
}

impl HeldLock {
    /// A lock that was acquired at this site.
    ///
    /// # Examples
    /// ```
    /// use threadlink_trace::{HeldLock, Mode};
    ///
    /// assert_eq!(HeldLock::new(0x400, 0, Mode::Shared).lock, 0x400);
    /// ```
    #[must_use]
    pub fn new(lock: u32, site: u32, mode: Mode) -> Self {
        Self { lock, site, mode }
    }
}

/// What a thread of a [`Deadlock`] waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Waits {
    /// A lock.
    Lock {
        /// The lock's address.
        lock: u32,
        /// Where it asks for it; 0 if unknown.
        site: u32,
        /// What for.
        mode: Mode,
    },
    /// Another thread's end.
    Thread {
        /// The thread that it joins.
        thread: u32,
        /// Where it joins; 0 if unknown.
        site: u32,
    },
    /// A notification of a condition variable.
    Condvar {
        /// The condition variable's address.
        condvar: u32,
        /// Where it waits; 0 if unknown.
        site: u32,
    },
    /// To be woken by a `memory.atomic.notify` at an address: parked, at a channel, a barrier or whatever else is no
    /// traced lock or condition variable.
    Address {
        /// The address in guest memory.
        address: u32,
        /// Where it waits; 0 if unknown.
        site: u32,
    },
    /// Nothing: this thread has died, or returned with a lock held, so nobody will release what it holds.
    Dead,
}
