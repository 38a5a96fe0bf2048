//! What the numbers of a deadlock mean, as the guest's memory and the tables of the run tell it.

use std::sync::Arc;

use threadlink_trace::{DeadlockEdge, HeldLock, LockOrigin, Mode, Names, Site, Waits};

use super::Run;
use super::threads::{Thread, Wait};
use crate::guest::lock::{self, OriginWords};
use crate::guest::site;

/// What a run knows of the threads of a deadlock, and of all else by its tables.
pub(super) struct Known<'a> {
    run: &'a Run,
    /// Kept here, for one that has ended may be joined and forgotten at any time.
    threads: Vec<Arc<Thread>>,
}

impl<'a> Known<'a> {
    pub(super) fn new(run: &'a Run, threads: Vec<Arc<Thread>>) -> Self {
        Self { run, threads }
    }

    fn thread(&self, id: u32) -> Option<Arc<Thread>> {
        let known = self.threads.iter().find(|thread| thread.id == id);
        known.cloned().or_else(|| self.run.threads.get(id))
    }
}

impl Names for Known<'_> {
    fn thread_name(&self, thread: u32) -> Option<String> {
        self.thread(thread)?.name.clone()
    }

    fn has_died(&self, thread: u32) -> bool {
        self.thread(thread).is_some_and(|thread| thread.has_died())
    }

    fn lock(&self, address: u32) -> LockOrigin {
        let run = self.run;
        let words = run
            .has_holder_words()
            .then(|| OriginWords::of(&run.memory, address))
            .flatten();
        let mut origin = LockOrigin::new(address);
        if let Some(words) = words {
            origin.name = lock::name(&run.memory, address);
            origin.made = self.site(words.made);
        }
        origin
    }

    fn was_read(&self, lock: u32) -> bool {
        self.run.locks.entry(lock).is_some_and(|entry| entry.was_read())
    }

    fn site(&self, address: u32) -> Option<Site> {
        site::read(&self.run.memory, self.run.location_layout(), address)
    }
}

/// What is recorded of one thread of a deadlock. The trace is told of the places.
pub(super) fn edge(run: &Run, thread: &Thread, waits: Option<Wait>, holds: Option<HeldLock>) -> DeadlockEdge {
    let site = thread.waiting_site();
    let waits = match waits {
        _ if thread.has_died() => Waits::Dead,
        Some(Wait::Lock(lock, mode)) => Waits::Lock { lock, site, mode },
        Some(Wait::Thread(thread)) => Waits::Thread { thread, site },
        Some(Wait::Condvar { condvar, .. }) => Waits::Condvar { condvar, site },
        None => Waits::Dead,
    };
    if waits != Waits::Dead {
        run.define_site(site);
    }
    if let Some(held) = holds {
        run.define_site(held.site);
    }
    DeadlockEdge::new(thread.id, holds, waits)
}

/// What a lock is held or waited for, in words: nothing for one that nobody reads.
pub(super) fn what_for(run: &Run, lock: u32, mode: Mode) -> &'static str {
    match mode {
        Mode::Shared => " for reading",
        Mode::Exclusive if run.locks.entry(lock).is_some_and(|entry| entry.was_read()) => " for writing",
        Mode::Exclusive => "",
    }
}
