//! A trace's deadlocks: those that the host found, in its own words, and those that could have happened. One mistake is one
//! finding, however many threads and locks make it: they are told apart by places.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use threadlink_trace::{
    Deadlock, DeadlockEdge, DeadlockReport, EndKind, HeldLock, LockOrigin, Names, Site, Trace, Waits,
};

use crate::findings::{Deadlocks, Finding, FindingKind};
use crate::identity::{Key, origin};
use crate::parts::name_of;
use crate::predict::{Candidate, Prediction};

/// What is known of the locks of a report, by their numbers.
pub(crate) struct Locks<'a> {
    pub(crate) key: &'a dyn Fn(u32) -> Key,
    /// Whether it was ever asked for to read.
    pub(crate) was_read: &'a dyn Fn(u32) -> bool,
    /// The number of what an address means at the end of the trace.
    pub(crate) number: &'a dyn Fn(u32) -> Option<u32>,
}

/// A place, as far as it tells mistakes apart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Spot {
    Known(Arc<str>, u32, u32),
    Unnamed(u32),
    /// Then it is the lock that tells.
    Unknown(Key),
}

/// Where each thread of a circle took what it holds, and asks for the other.
type Spots = BTreeSet<(Spot, Spot)>;

/// All that is to be said of deadlocks.
pub(crate) fn findings(trace: &Trace, prediction: Prediction, locks: &Locks<'_>) -> Deadlocks {
    let mut findings: Vec<Finding> = Vec::new();
    let mut known: BTreeMap<Spots, usize> = BTreeMap::new();
    for record in trace.deadlocks() {
        let places = spots_of_record(trace, record);
        if places.as_ref().is_some_and(|places| known.contains_key(places)) {
            continue;
        }
        known.extend(places.map(|places| (places, findings.len())));
        findings.push(Finding {
            kind: FindingKind::Actual,
            deadlock: resolve(trace, record, locks, HashMap::new()),
            candidates: 0,
            predicted: 0,
        });
    }
    for candidate in &prediction.candidates {
        let kind = if candidate.predicted {
            FindingKind::Predicted
        } else {
            FindingKind::Inversion
        };
        let places = spots(trace, candidate, locks);
        let at = *known.entry(places).or_insert(findings.len());
        if at == findings.len() || kind < findings[at].kind {
            let deadlock = resolve_candidate(trace, candidate, locks);
            match findings.get_mut(at) {
                Some(finding) => (finding.kind, finding.deadlock) = (kind, deadlock),
                None => findings.push(Finding {
                    kind,
                    deadlock,
                    candidates: 0,
                    predicted: 0,
                }),
            }
        }
        findings[at].candidates += 1;
        findings[at].predicted += u64::from(candidate.predicted);
    }
    findings.sort_by_key(|finding| finding.kind);
    Deadlocks {
        candidates: findings.iter().map(|finding| finding.candidates).sum(),
        predicted: findings.iter().map(|finding| finding.predicted).sum(),
        findings,
        bounds: prediction.bounds,
    }
}

fn spot(trace: &Trace, site: u32, lock: impl FnOnce() -> Key) -> Spot {
    match trace.site(site) {
        Some(known) => Spot::Known(Arc::clone(&known.file), known.line, known.column),
        None if site == 0 => Spot::Unknown(lock()),
        None => Spot::Unnamed(site),
    }
}

fn spots(trace: &Trace, candidate: &Candidate, locks: &Locks<'_>) -> Spots {
    let links = candidate.links.iter();
    links
        .map(|link| {
            let held = spot(trace, link.held_site, || (locks.key)(link.held));
            (held, spot(trace, link.wanted_site, || (locks.key)(link.wanted)))
        })
        .collect()
}

/// The places of a deadlock of locks alone.
fn spots_of_record(trace: &Trace, record: &Deadlock) -> Option<Spots> {
    let last = |lock: u32| (lock, trace.lock(lock, u64::MAX).map_or(0, |info| info.since));
    let edges = record.edges.iter();
    edges
        .map(|edge| match (edge.holds, edge.waits) {
            (Some(held), Waits::Lock { lock, site, .. }) => Some((
                spot(trace, held.site, || last(held.lock)),
                spot(trace, site, || last(lock)),
            )),
            _ => None,
        })
        .collect()
}

fn resolve_candidate(trace: &Trace, candidate: &Candidate, locks: &Locks<'_>) -> DeadlockReport {
    let address = |number: u32| (locks.key)(number).0;
    let links = candidate.links.iter();
    let meant = links
        .clone()
        .map(|link| (address(link.held), link.held))
        .collect();
    let edges = links.map(|link| {
        let held = HeldLock::new(address(link.held), link.held_site, link.held_mode);
        let waits = Waits::Lock {
            lock: address(link.wanted),
            site: link.wanted_site,
            mode: link.wanted_mode,
        };
        DeadlockEdge::new(link.thread, Some(held), waits)
    });
    resolve(trace, &Deadlock::new(edges.collect()), locks, meant)
}

/// The report on a circle; `meant` are the numbers of locks that addresses do not mean at the end of the trace.
fn resolve(trace: &Trace, record: &Deadlock, locks: &Locks<'_>, meant: HashMap<u32, u32>) -> DeadlockReport {
    DeadlockReport::resolve(record, &TraceNames { trace, locks, meant })
}

/// What numbers mean by the tables of a trace. An actual deadlock ends the run, so an address means what it meant last.
struct TraceNames<'a> {
    trace: &'a Trace,
    locks: &'a Locks<'a>,
    meant: HashMap<u32, u32>,
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
        let key = self.meant.get(&address).map(|&number| (self.locks.key)(number));
        origin(self.trace, key.unwrap_or((address, u64::MAX)))
    }

    fn was_read(&self, lock: u32) -> bool {
        let number = self
            .meant
            .get(&lock)
            .copied()
            .or_else(|| (self.locks.number)(lock));
        number.is_some_and(|number| (self.locks.was_read)(number))
    }

    fn site(&self, address: u32) -> Option<Site> {
        self.trace.site(address).filter(|_| address != 0).cloned()
    }
}
