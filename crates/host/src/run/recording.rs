//! What a run tells its trace besides the events of its threads: what places, locks and threads are.

use std::time::{Duration, Instant};

use threadlink_trace::{Deadlock, Recorder, Summary, TraceWriter, Waits, WriteError};
use threadlink_watch::guest::origin;
use threadlink_watch::{Defined, Memory, Thread, Watch};

use super::sites::Sites;

/// How long a trace may take to get to its sink when its run was ended from outside.
const PATIENCE: Duration = Duration::from_secs(2);

/// The trace of a run, if it is recorded.
pub(crate) struct Recording {
    trace: Option<TraceWriter>,
    sites: Sites,
}

impl Recording {
    pub(super) fn new(trace: Option<TraceWriter>) -> Self {
        Self {
            trace,
            sites: Sites::default(),
        }
    }

    /// Whether there is a trace.
    pub(super) fn is_on(&self) -> bool {
        self.trace.is_some()
    }

    /// A recorder for the events of this thread, which is known to the trace from here on.
    pub(super) fn begin(&self, thread: &Thread) -> Option<Recorder> {
        let trace = self.trace.as_ref()?;
        trace.define_thread(thread.id, thread.name().as_deref(), thread.parent);
        Some(trace.recorder(thread.id))
    }

    /// Says what a site's address means, once.
    pub(crate) fn define_site<M: Memory, C>(&self, watch: &Watch<M, C>, address: u32) {
        let Some(trace) = &self.trace else { return };
        if address == 0 || !self.sites.is_new(address, &watch.budget) {
            return;
        }
        if let Some(site) = watch.site(address) {
            trace.define_site(address, &site.file, site.line, site.column);
        }
    }

    /// Says which lock or condition variable an address means from some time on.
    pub(super) fn define_lock<M: Memory, C>(&self, watch: &Watch<M, C>, defined: Defined) {
        let Some(trace) = &self.trace else { return };
        let made = defined.origin.made;
        self.define_site(watch, made);
        let name = origin::name(&watch.memory, defined.address);
        trace.define_lock(defined.address, defined.since, made, name.as_deref());
    }

    /// Puts a deadlock into the trace, with the places that it names.
    pub(super) fn deadlock<M: Memory, C>(&self, watch: &Watch<M, C>, deadlock: &Deadlock) {
        let Some(trace) = &self.trace else { return };
        for edge in &deadlock.edges {
            let waits_at = match edge.waits {
                Waits::Lock { site, .. } | Waits::Thread { site, .. } | Waits::Condvar { site, .. } => site,
                _ => 0,
            };
            for site in [waits_at, edge.holds.map_or(0, |held| held.site)] {
                self.define_site(watch, site);
            }
        }
        trace.deadlock(deadlock);
    }

    /// Soon after this moment, nobody waits for the trace's sink any more.
    pub(super) fn limit(&self, end: Instant) {
        if let (Some(trace), Some(until)) = (&self.trace, end.checked_add(PATIENCE)) {
            trace.limit(until);
        }
    }

    /// Writes what is left.
    pub(super) fn finish(&self) -> Option<Result<Summary, WriteError>> {
        self.trace.as_ref().map(TraceWriter::finish)
    }
}
