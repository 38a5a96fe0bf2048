//! What a run tells its trace besides the events of its threads: what places, locks and threads are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use threadlink_trace::{Deadlock, Recorder, Summary, TraceWriter, Waits, WriteError};
use threadlink_watch::guest::origin;
use threadlink_watch::{Budget, Clock, Defined, Memory, Thread, Watch};
use wasmtime::Engine;

use super::sites::Sites;
use crate::reservation::Reserved;
use crate::rings::{Ring, Rings};

/// How long a trace may take to get to its sink when its run was ended from outside.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often threads that record by themselves are told what time it is: what they record is that exact.
const TICK: Duration = Duration::from_millis(1);

/// The trace of a run, if it is recorded.
pub(crate) struct Recording {
    trace: Option<TraceWriter>,
    sites: Sites,
    /// Where threads leave events by themselves, if they can.
    rings: Option<Arc<Rings>>,
}

impl Recording {
    pub(super) fn new(trace: Option<TraceWriter>) -> Self {
        Self {
            trace,
            sites: Sites::default(),
            rings: None,
        }
    }

    /// Makes room for what threads record by themselves, if there is a trace and it has the means for it.
    pub(super) fn with_rings(mut self, engine: &Engine, reserved: Reserved, budget: &Arc<Budget>) -> Self {
        if let Some(trace) = &self.trace {
            let made = Rings::new(engine, reserved, budget);
            self.rings = made.filter(|rings| trace.set_gate(rings.clone()));
        }
        self
    }

    /// Where threads leave events by themselves.
    pub(crate) fn rings(&self) -> Option<&Rings> {
        self.rings.as_deref()
    }

    /// How often [`tick`](Self::tick) is to be called.
    pub(super) fn tick_interval(&self) -> Option<Duration> {
        self.rings.is_some().then_some(TICK)
    }

    /// Tells threads that record by themselves what time it is.
    pub(super) fn tick(&self, clock: &impl Clock) {
        if let Some(rings) = &self.rings {
            rings.tick(clock.now());
        }
    }

    /// Whether there is a trace.
    pub(super) fn is_on(&self) -> bool {
        self.trace.is_some()
    }

    /// A recorder for the events of this thread, which is known to the trace from here on. With `ring`, it gets a ring as
    /// well, if there is one for it.
    pub(super) fn begin(&self, thread: &Thread, ring: bool) -> Option<(Recorder, Option<Arc<Ring>>)> {
        let trace = self.trace.as_ref()?;
        trace.define_thread(thread.id, thread.name().as_deref(), thread.parent);
        let ring = self.rings.as_ref().filter(|_| ring).and_then(Rings::ring);
        let recorder = match &ring {
            Some(ring) => trace.recorder_with(thread.id, ring.clone()),
            None => trace.recorder(thread.id),
        };
        Some((recorder, ring))
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
