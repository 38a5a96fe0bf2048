//! The deadlocks in the document.

use std::collections::HashMap;

use serde::Serialize;
use threadlink_trace as trace;
use threadlink_trace::{DeadlockReport, LockOrigin, ReportEdge, Site, Waiting};

use super::list::List;
use super::parts::{Mode, Origin, number};
use crate::findings::Finding;

#[derive(Debug, Serialize)]
pub(super) struct Deadlocks<'a> {
    candidates: u64,
    predicted: u64,
    findings: List<'a, Finding, Deadlock<'a>>,
    bounds: &'a [String],
}

impl<'a> Deadlocks<'a> {
    pub(super) fn of(deadlocks: &'a crate::findings::Deadlocks) -> Self {
        Self {
            candidates: deadlocks.candidates,
            predicted: deadlocks.predicted,
            findings: List(&deadlocks.findings, Deadlock::of),
            bounds: &deadlocks.bounds,
        }
    }
}

#[derive(Debug, Serialize)]
struct Deadlock<'a> {
    kind: &'static str,
    says: &'static str,
    candidates: u64,
    predicted: u64,
    #[serde(flatten)]
    first: Circle<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<Circle<'a>>,
}

/// Threads that wait for each other, or could.
#[derive(Debug, Serialize)]
struct Circle<'a> {
    edges: Vec<Edge<'a>>,
    more: u64,
}

#[derive(Debug, Serialize)]
struct Edge<'a> {
    thread: u32,
    holds: Option<Held<'a>>,
    waits: Waits<'a>,
}

#[derive(Debug, Serialize)]
struct Held<'a> {
    lock: u32,
    #[serde(flatten)]
    origin: Origin<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<Mode>,
    site: u32,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Waits<'a> {
    Lock(Held<'a>),
    Thread {
        thread: u32,
        site: u32,
    },
    Condvar {
        condvar: u32,
        #[serde(flatten)]
        origin: Origin<'a>,
        site: u32,
    },
    Address {
        address: u32,
        site: u32,
    },
    Dead {
        returned: bool,
    },
    /// Whatever traces tell of later.
    Other,
}

impl<'a> Deadlock<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            kind: finding.kind.as_str(),
            says: finding.kind.proof(),
            candidates: finding.candidates,
            predicted: finding.predicted,
            first: Circle::of(&finding.deadlock),
            others: finding.others.iter().map(Circle::of).collect(),
        }
    }
}

impl<'a> Circle<'a> {
    fn of(report: &'a DeadlockReport) -> Self {
        let origins = Origins(report.locks.iter().map(|lock| (lock.address, lock)).collect());
        let edges = report.edges.iter();
        Self {
            edges: edges.map(|edge| origins.edge(edge)).collect(),
            more: report.more,
        }
    }
}

/// What the locks and condition variables of a deadlock are, by their addresses.
struct Origins<'a>(HashMap<u32, &'a LockOrigin>);

impl<'a> Origins<'a> {
    fn edge(&self, edge: &'a ReportEdge) -> Edge<'a> {
        let hold = edge.holds.as_ref();
        Edge {
            thread: edge.thread.id,
            holds: hold.map(|hold| self.held(hold.lock, hold.mode, hold.taken.as_ref())),
            waits: self.waits(&edge.waits),
        }
    }

    fn waits(&self, waiting: &'a Waiting) -> Waits<'a> {
        let lock = |lock, mode, site: &'a Option<Site>| Waits::Lock(self.held(lock, mode, site.as_ref()));
        match waiting {
            Waiting::Lock(address, site) => lock(*address, None, site),
            Waiting::Read(address, site) => lock(*address, Some(trace::Mode::Shared), site),
            Waiting::Write(address, site) => lock(*address, Some(trace::Mode::Exclusive), site),
            Waiting::Condvar(condvar, site) => Waits::Condvar {
                condvar: *condvar,
                origin: self.of(*condvar),
                site: number(site.as_ref()),
            },
            Waiting::Thread(thread, site) => Waits::Thread {
                thread: thread.id,
                site: number(site.as_ref()),
            },
            Waiting::Address(address, site) => Waits::Address {
                address: *address,
                site: number(site.as_ref()),
            },
            Waiting::Died => Waits::Dead { returned: false },
            Waiting::Never => Waits::Dead { returned: true },
            _ => Waits::Other,
        }
    }

    fn held(&self, lock: u32, mode: Option<trace::Mode>, site: Option<&'a Site>) -> Held<'a> {
        Held {
            lock,
            origin: self.of(lock),
            mode: mode.map(Mode::of),
            site: number(site),
        }
    }

    fn of(&self, address: u32) -> Origin<'a> {
        let known = self.0.get(&address);
        known.map_or_else(Origin::default, |lock| Origin::of(lock))
    }
}
