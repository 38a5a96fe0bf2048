//! A trace's deadlocks: those that the host found, in its own words, and those that could have happened. One mistake is one
//! finding, as [`mistakes`](crate::mistakes) sorts them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use threadlink_trace::{
    Deadlock, DeadlockEdge, DeadlockReport, EndKind, HeldLock, LockOrigin, Names, Site, Trace, Waits,
};

use crate::findings::{Deadlocks, Finding, FindingKind};
use crate::identity::{Key, origin};
use crate::mistakes::{Circle, Mistakes, Spot, Spots};
use crate::parts::name_of;
use crate::predict::{Candidate, Link, Prediction};

/// What is known of the locks of a report, by their numbers.
pub(crate) struct Locks<'a> {
    pub(crate) key: &'a dyn Fn(u32) -> Key,
    /// Whether it was ever asked for to read.
    pub(crate) was_read: &'a dyn Fn(u32) -> bool,
    /// The number of what an address means at the end of the trace.
    pub(crate) number: &'a dyn Fn(u32) -> Option<u32>,
}

/// Other places that a finding names, at most.
const MOST_OTHERS: usize = 8;

/// All that is to be said of deadlocks.
pub(crate) fn findings(trace: &Trace, prediction: Prediction, locks: &Locks<'_>) -> Deadlocks {
    let mut mistakes = Mistakes::default();
    // One for each number that they give.
    let mut groups: Vec<Finding> = Vec::new();
    let mut add = |mistakes: &mut Mistakes,
                   kind,
                   known: (Option<Spots>, Option<Circle>),
                   deadlock: &dyn Fn() -> DeadlockReport| {
        let (at, shown) = mistakes.add(kind, known.0, known.1);
        match groups.get_mut(at) {
            None => groups.push(Finding::new(kind, deadlock())),
            Some(finding) if shown => (finding.kind, finding.deadlock) = (kind, deadlock()),
            Some(_) => {}
        }
        at
    };
    for record in trace.deadlocks() {
        let known = (spots_of_record(trace, record), None);
        add(&mut mistakes, FindingKind::Actual, known, &|| {
            resolve(trace, record, locks, HashMap::new())
        });
    }
    // The host has looked when a thread began to wait; a trace of another tool only tells that it did.
    if trace.deadlocks().is_empty() {
        for links in &prediction.standing {
            let known = (Some(spots(trace, links, locks)), Some(circle(links, locks)));
            add(&mut mistakes, FindingKind::Actual, known, &|| {
                resolve_links(trace, links, locks)
            });
        }
    }
    let mut counts: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
    for Candidate { links, predicted } in &prediction.candidates {
        let kind = if *predicted {
            FindingKind::Predicted
        } else {
            FindingKind::Inversion
        };
        let known = (Some(spots(trace, links, locks)), Some(circle(links, locks)));
        let at = add(&mut mistakes, kind, known, &|| resolve_links(trace, links, locks));
        let (candidates, proven) = counts.entry(at).or_default();
        *candidates += 1;
        *proven += u64::from(*predicted);
    }
    for (at, (candidates, predicted)) in counts {
        (groups[at].candidates, groups[at].predicted) = (candidates, predicted);
    }
    let mut findings = joined(groups, &mistakes.into_whole());
    findings.sort_by_key(|finding| finding.kind);
    Deadlocks {
        candidates: findings.iter().map(|finding| finding.candidates).sum(),
        predicted: findings.iter().map(|finding| finding.predicted).sum(),
        findings,
        bounds: prediction.bounds,
    }
}

/// One finding for each mistake, in the order of the first that is known of it; `whole` says for each group which one it is part of.
fn joined(groups: Vec<Finding>, whole: &[usize]) -> Vec<Finding> {
    let mut order: Vec<usize> = Vec::new();
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, &of) in whole.iter().enumerate() {
        let known = members.entry(of).or_insert_with(|| {
            order.push(of);
            Vec::new()
        });
        if at == of {
            known.insert(0, at);
        } else {
            known.push(at);
        }
    }
    let mut groups: Vec<Option<Finding>> = groups.into_iter().map(Some).collect();
    let mut take = |at: usize| groups[at].take();
    order
        .iter()
        .filter_map(|of| {
            let mut own = members[of].iter().filter_map(|&at| take(at));
            let mut finding = own.next()?;
            for other in own {
                finding.candidates += other.candidates;
                finding.predicted += other.predicted;
                if finding.others.len() < MOST_OTHERS {
                    finding.others.push(other.deadlock);
                }
            }
            Some(finding)
        })
        .collect()
}

fn spot(trace: &Trace, site: u32, lock: impl FnOnce() -> Key) -> Spot {
    match trace.site(site) {
        Some(known) => Spot::Known(Arc::clone(&known.file), known.line, known.column),
        None if site == 0 => Spot::Unknown(lock()),
        None => Spot::Unnamed(site),
    }
}

fn spots(trace: &Trace, links: &[Link], locks: &Locks<'_>) -> Spots {
    links
        .iter()
        .map(|link| {
            let held = spot(trace, link.held_site, || (locks.key)(link.held));
            (held, spot(trace, link.wanted_site, || (locks.key)(link.wanted)))
        })
        .collect()
}

fn circle(links: &[Link], locks: &Locks<'_>) -> Circle {
    let keys = |link: &Link| ((locks.key)(link.held), (locks.key)(link.wanted));
    links.iter().map(keys).collect()
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

fn resolve_links(trace: &Trace, links: &[Link], locks: &Locks<'_>) -> DeadlockReport {
    let address = |number: u32| (locks.key)(number).0;
    let links = links.iter();
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
