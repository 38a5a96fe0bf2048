//! Probabilistic concurrency testing: priorities, and few points at which one is lowered. A bug that takes `d` constraints on
//! the order of points is found with a probability of at least 1 in *n* · *k*^(d-1), for *n* threads and *k* steps. Steps at which
//! only one thread can go on do not count: no order depends on what happens there.

use crate::ThreadId;
use crate::random::Random;

/// Priorities, and where they change.
pub(crate) struct Pct {
    /// By thread; who has more runs.
    priorities: Vec<i64>,
    /// Steps at which the running thread gets a priority below all that are drawn, the last first.
    changes: Vec<(u64, i64)>,
    /// Below all that there are.
    lowest: i64,
    steps: u64,
}

impl Pct {
    pub(crate) fn new(depth: u32, steps: u64, random: &mut Random) -> Self {
        let count = i64::from(depth.saturating_sub(1));
        let mut changes: Vec<(u64, i64)> = (1..=count)
            .map(|number| (1 + random.below(steps), -number))
            .collect();
        changes.sort_unstable_by(|one, other| other.cmp(one));
        Self {
            priorities: Vec::new(),
            changes,
            lowest: -count - 1,
            steps: 0,
        }
    }

    pub(crate) fn added(&mut self, random: &mut Random) {
        self.priorities.push((random.bits() >> 1).cast_signed());
    }

    pub(crate) fn spent(&mut self, thread: ThreadId, steps: u64) {
        self.steps += steps;
        while let Some((at, priority)) = self.changes.last().copied()
            && at <= self.steps
        {
            self.changes.pop();
            self.set(thread, priority);
        }
    }

    pub(crate) fn demote(&mut self, thread: ThreadId) {
        self.set(thread, self.lowest);
        self.lowest -= 1;
    }

    fn set(&mut self, thread: ThreadId, priority: i64) {
        if let Some(own) = self.priorities.get_mut(thread as usize) {
            *own = priority;
        }
    }

    pub(crate) fn choose(&self, ready: &[ThreadId]) -> Option<ThreadId> {
        let priority = |thread: &ThreadId| self.priorities.get(*thread as usize).copied();
        ready.iter().copied().max_by_key(priority)
    }

    /// The distance to the next change.
    pub(crate) fn budget(&self) -> u64 {
        let next = self.changes.last();
        next.map_or(u64::MAX, |(at, _)| at.saturating_sub(self.steps).max(1))
    }
}
