//! What the reports on locks and on condition variables are made of alike.

use std::collections::HashMap;

use threadlink_trace::{Mode, Trace};

use crate::identity::Key;
use crate::report::{EndReport, Place};

/// A thread's name, if it has one.
pub(crate) fn name_of(trace: &Trace, thread: u32) -> Option<String> {
    trace.thread(thread)?.name.clone()
}

/// By address, then by time: what is equal in all else then has the same order in each report, as sorting is stable.
pub(crate) fn sorted<T>(things: HashMap<Key, T>) -> impl Iterator<Item = (Key, T)> {
    let mut things: Vec<_> = things.into_iter().collect();
    things.sort_unstable_by_key(|(key, _)| *key);
    things.into_iter()
}

pub(crate) fn end_report(trace: &Trace, thread: u32, site: u32, since: u64, mode: Option<Mode>) -> EndReport {
    EndReport {
        thread,
        thread_name: name_of(trace, thread),
        thread_ended: trace.thread(thread).is_some_and(|info| info.ended.is_some()),
        place: Place::of(trace, site),
        mode,
        since_ns: since,
    }
}

pub(crate) fn mean(sum: u64, count: u64) -> u64 {
    sum.checked_div(count).unwrap_or(0)
}
