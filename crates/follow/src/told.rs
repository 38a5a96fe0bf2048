//! What the trace is told of, with each place before the first event that names it.

use rustc_hash::FxHashSet;
use threadlink_trace::{Deadlock, EventKind, InlineWriter, Waits};
use threadlink_watch::guest::origin;
use threadlink_watch::{Clock, Defined, Listener, Memory, Unseen, Watch};

/// Places of which the trace is told at most: what names more of them is not a program's source.
const MOST_SITES: usize = 1 << 20;

/// The trace, if one is wanted.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) writer: Option<InlineWriter>,
    sites: FxHashSet<u32>,
}

impl Trace {
    pub(crate) fn to(writer: Option<InlineWriter>) -> Self {
        let sites = FxHashSet::default();
        Self { writer, sites }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.writer.is_some()
    }

    pub(crate) fn record(&mut self, thread: u32, time: u64, kind: EventKind) {
        if let Some(writer) = &mut self.writer {
            writer.record(thread, time, kind);
        }
    }

    pub(crate) fn site<M: Memory, C>(&mut self, watch: &Watch<M, C>, address: u32) {
        let Some(writer) = &mut self.writer else { return };
        if address == 0 || self.sites.len() >= MOST_SITES || !self.sites.insert(address) {
            return;
        }
        if let Some(site) = watch.site(address) {
            writer.define_site(address, &site.file, site.line, site.column);
        }
    }

    pub(crate) fn deadlock<M: Memory, C>(&mut self, watch: &Watch<M, C>, deadlock: &Deadlock) {
        for edge in &deadlock.edges {
            let waits_at = match edge.waits {
                Waits::Lock { site, .. } | Waits::Thread { site, .. } | Waits::Condvar { site, .. } => site,
                _ => 0,
            };
            for site in [waits_at, edge.holds.map_or(0, |held| held.site)] {
                self.site(watch, site);
            }
        }
        if let Some(writer) = &mut self.writer {
            writer.deadlock(deadlock);
        }
    }
}

/// One thread's record, as it is read.
pub(crate) struct Told<'a, M, C> {
    pub(crate) watch: &'a Watch<M, C>,
    pub(crate) trace: &'a mut Trace,
    pub(crate) thread: u32,
}

impl<M: Memory, C: Clock> Listener for Told<'_, M, C> {
    fn site(&mut self, site: u32) {
        self.trace.site(self.watch, site);
    }

    fn defined(&mut self, defined: Defined) {
        let made = defined.origin.made;
        self.trace.site(self.watch, made);
        let name = origin::name(&self.watch.memory, defined.address);
        if let Some(writer) = &mut self.trace.writer {
            writer.define_lock(defined.address, defined.since, made, name.as_deref());
        }
    }

    fn event(&mut self, time: u64, kind: EventKind) {
        self.trace.record(self.thread, time, kind);
    }

    // What is not watched is not reported.
    fn unseen(&mut self, _: Unseen) {}
}
