//! A trace's deadlocks, told as the host told them when it found them.

use threadlink_trace::{DeadlockReport, EndKind, LockOrigin, Names, Site, Trace};

use crate::identity::origin;
use crate::parts::name_of;

/// The reports on a trace's deadlocks; `was_read` says whether a lock was ever asked for to read.
pub(crate) fn reports(trace: &Trace, was_read: &dyn Fn(u32) -> bool) -> Vec<DeadlockReport> {
    let names = TraceNames { trace, was_read };
    let records = trace.deadlocks().iter();
    records
        .map(|record| DeadlockReport::resolve(record, &names))
        .collect()
}

/// What numbers mean by the tables of a trace. A deadlock ends the run, so an address means what it meant last.
struct TraceNames<'a> {
    trace: &'a Trace,
    was_read: &'a dyn Fn(u32) -> bool,
}

impl Names for TraceNames<'_> {
    fn thread_name(&self, thread: u32) -> Option<String> {
        name_of(self.trace, thread).map(|name| name.to_string())
    }

    fn has_died(&self, thread: u32) -> bool {
        // In a trace that ends early the end may be missing: who returned with a lock held is the rare case.
        let info = self.trace.thread(thread);
        info.is_none_or(|info| info.ended != Some(EndKind::Returned))
    }

    fn lock(&self, address: u32) -> LockOrigin {
        origin(self.trace, (address, u64::MAX))
    }

    fn was_read(&self, lock: u32) -> bool {
        (self.was_read)(lock)
    }

    fn site(&self, address: u32) -> Option<Site> {
        self.trace.site(address).filter(|_| address != 0).cloned()
    }
}
