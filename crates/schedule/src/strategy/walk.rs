//! A uniform random walk: who has more steps left is more likely to go on.

use super::{MOST, stay};
use crate::ThreadId;
use crate::random::Random;

/// What each thread is thought to have left.
pub(crate) struct Walk {
    /// By thread: its own steps that are left, and those of all that it or its children will start.
    left: Vec<(u64, u64)>,
    /// By thread: the steps of it and of all that it or its children start, and who starts it.
    whole: Vec<(u64, Option<ThreadId>)>,
    /// How many threads there are.
    added: usize,
    /// Steps until the running thread is to be stopped.
    leaves_in: Option<u64>,
}

impl Walk {
    pub(crate) fn new(threads: &[(u64, Option<ThreadId>)]) -> Self {
        let mut whole = threads.to_vec();
        // Children have higher numbers than who starts them; whatever a token says, nothing is counted that does not.
        for child in (0..whole.len()).rev() {
            let (steps, parent) = whole[child];
            if let Some(parent) = parent.filter(|parent| (*parent as usize) < child) {
                whole[parent as usize].0 = whole[parent as usize].0.saturating_add(steps);
            }
        }
        let left = threads.iter().zip(&whole);
        Self {
            left: left
                .map(|((own, _), (all, _))| (*own, all.saturating_sub(*own)))
                .collect(),
            whole,
            added: 0,
            leaves_in: None,
        }
    }

    pub(crate) fn added(&mut self) {
        if let Some((steps, Some(parent))) = self.whole.get(self.added).copied()
            && let Some((_, unborn)) = self.left.get_mut(parent as usize)
        {
            *unborn = unborn.saturating_sub(steps);
        }
        self.added += 1;
    }

    pub(crate) fn spent(&mut self, thread: ThreadId, steps: u64) {
        if let Some((own, _)) = self.left.get_mut(thread as usize) {
            *own = own.saturating_sub(steps);
        }
        self.leaves_in = self.leaves_in.map(|left| left.saturating_sub(steps));
    }

    pub(crate) fn leaves(&self) -> bool {
        self.leaves_in == Some(0)
    }

    /// At least 1: a thread that took more steps than was thought goes on all the same.
    fn weight(&self, thread: ThreadId) -> u64 {
        let (own, unborn) = self.left.get(thread as usize).copied().unwrap_or((0, 0));
        own.saturating_add(unborn).clamp(1, 1 << 40)
    }

    pub(crate) fn choose(&self, ready: &[ThreadId], random: &mut Random) -> Option<ThreadId> {
        let mut at = random.below(ready.iter().map(|thread| self.weight(*thread)).sum());
        for thread in ready {
            let weight = self.weight(*thread);
            if at < weight {
                return Some(*thread);
            }
            at -= weight;
        }
        ready.last().copied()
    }

    pub(crate) fn budget(&mut self, thread: ThreadId, ready: &[ThreadId], random: &mut Random) -> u64 {
        let own = self.weight(thread);
        let all: u64 = ready.iter().map(|thread| self.weight(*thread)).sum();
        let others = all - own.min(all);
        if others == 0 {
            self.leaves_in = None;
            return MOST;
        }
        let odds = |taken: u64| {
            let own = own.saturating_sub(taken).max(1);
            (own, own + others)
        };
        let (steps, leaves) = stay(random, odds);
        self.leaves_in = leaves.then_some(steps);
        steps
    }
}
