//! What the reports on locks and on condition variables are made of alike.

use std::sync::Arc;

use threadlink_trace::{Mode, Trace};

use crate::histogram::Histogram;
use crate::place::Place;
use crate::report::{EndReport, LockFigures, Percentiles};

/// A thread's name, if it has one.
pub(crate) fn name_of(trace: &Trace, thread: u32) -> Option<Arc<str>> {
    trace.thread(thread)?.name.clone()
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

/// The sizes of these waits, besides which there were acquisitions that did not wait, and of these holds.
pub(crate) fn percentiles(waits: &Histogram, holds: &Histogram, total: &LockFigures) -> Percentiles {
    let at_once = total.acquisitions.saturating_sub(waits.len());
    let wait = |percent| waits.percentile(percent, at_once, total.max_wait_ns);
    let hold = |percent| holds.percentile(percent, 0, total.max_hold_ns);
    Percentiles {
        p50_wait_ns: wait(50),
        p99_wait_ns: wait(99),
        p50_hold_ns: hold(50),
        p99_hold_ns: hold(99),
    }
}
