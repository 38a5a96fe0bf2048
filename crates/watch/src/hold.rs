//! A lock that a thread holds and another one wants, and the record of a thread that makes of it.

use threadlink_trace::{DeadlockEdge, HeldLock, Mode, Waits};

use crate::thread::{Thread, Wait};

/// A lock that a thread holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hold {
    pub(crate) lock: u32,
    /// Where it was taken.
    pub(crate) site: u32,
    pub(crate) mode: Mode,
}

/// What a deadlock records of one thread.
pub(crate) fn edge(thread: &Thread, waits: Option<Wait>, holds: Option<Hold>) -> DeadlockEdge {
    let site = thread.waiting_site();
    let waits = match waits {
        _ if thread.has_died() => Waits::Dead,
        Some(Wait::Lock(lock, mode)) => Waits::Lock { lock, site, mode },
        Some(Wait::Thread(thread)) => Waits::Thread { thread, site },
        Some(Wait::Condvar { condvar, .. }) => Waits::Condvar { condvar, site },
        None => match thread.sleeps_at().filter(|_| thread.is_running()) {
            Some(address) => Waits::Address {
                address,
                site: thread.parks_for(address).unwrap_or(0),
            },
            None => Waits::Dead,
        },
    };
    let holds = holds.map(|hold| HeldLock::new(hold.lock, hold.site, hold.mode));
    DeadlockEdge::new(thread.id, holds, waits)
}
