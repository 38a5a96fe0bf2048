//! The switches of a list, and no others.

use std::collections::BTreeMap;

use super::Question;
use crate::{Switch, ThreadId};

/// Who goes on after a thread that has taken so many steps.
pub(crate) struct Listed(BTreeMap<(ThreadId, u64), ThreadId>);

impl Listed {
    pub(crate) fn new(switches: &[Switch]) -> Self {
        let entry = |switch: &Switch| ((switch.from, switch.at), switch.to);
        Self(switches.iter().map(entry).collect())
    }

    pub(crate) fn choose(&self, question: &Question<'_>) -> Option<ThreadId> {
        self.0.get(&question.from?).copied()
    }

    /// The distance to the next entry of the thread's.
    pub(crate) fn budget(&self, thread: ThreadId, taken: u64) -> u64 {
        let later = (thread, taken.saturating_add(1))..=(thread, u64::MAX);
        let next = self.0.range(later).next();
        next.map_or(u64::MAX, |((_, at), _)| at - taken)
    }
}
