//! The end of all movement: every thread that is left waits, and nobody is left to wake one.
//!
//! Whether that is so is a matter of counting, which is the host's part: a thread that waits without a limit is counted
//! out, and whoever wakes it counts it in again before it can run. So it is known at once, and no guess about time is in
//! it. Some threads that are stuck while others run are no standstill, whatever they wait for; only a circle of locks and
//! joins is a verdict then ([`circle`](crate::circle)).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use threadlink_trace::{Deadlock, Mode};

use crate::hold::{Hold, edge};
use crate::memory::Memory;
use crate::thread::{Thread, Wait};
use crate::verdict::Verdict;
use crate::watch::Watch;

/// Threads that a verdict lists.
const LISTED: usize = 64;

impl<M: Memory, C> Watch<M, C> {
    /// What keeps the threads from going on, for a caller who knows that none of them can: the circle, or the owner that
    /// is gone, if one is to blame, else all of them.
    #[must_use]
    pub fn standstill(&self) -> Verdict {
        if let Some(verdict) = self.still_circle() {
            return verdict;
        }
        let mut waiters = self.threads.running();
        waiters.sort_by_key(|thread| thread.id);
        let holds = self.wanted_holds(&waiters);
        let more = waiters.len().saturating_sub(LISTED);
        waiters.truncate(LISTED);
        let edges = waiters.iter().map(|thread| {
            let hold = holds.get(&thread.id).copied();
            edge(thread, thread.waits_for(), hold)
        });
        Verdict {
            deadlock: Deadlock::new(edges.collect()).and_more(more as u64),
            threads: waiters,
        }
    }

    /// For each thread a lock that it holds and another one of these wants.
    fn wanted_holds(&self, waiters: &[Arc<Thread>]) -> HashMap<u32, Hold> {
        let mut holds: HashMap<u32, Hold> = HashMap::new();
        let wanted: BTreeSet<u32> = waiters
            .iter()
            .filter_map(|thread| match thread.waits_for() {
                Some(Wait::Lock(lock, _)) => Some(lock),
                _ => None,
            })
            .collect();
        for &lock in &wanted {
            if let Some(holder) = self.holder(lock) {
                let (site, mode) = (holder.site, Mode::Exclusive);
                holds.entry(holder.thread).or_insert(Hold { lock, site, mode });
            }
        }
        for thread in waiters {
            let reads = self.reads_of(thread);
            if let Some(read) = reads.iter().find(|read| wanted.contains(&read.lock)) {
                let (lock, site, mode) = (read.lock, read.site, Mode::Shared);
                holds.entry(thread.id).or_insert(Hold { lock, site, mode });
            }
        }
        holds
    }
}
