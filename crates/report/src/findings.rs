//! The findings on the page: each thread of a deadlock with what it holds and what it waits for, and where.

use serde::Serialize;
use threadlink_analysis::{Finding, Report};
use threadlink_trace::{LockOrigin, Mode, Site, Waiting};

use crate::json::{List, Object};
use crate::names::Names;

/// Bytes of all findings together.
const BYTES: usize = 150 << 10;

/// Threads of one finding.
const EDGES: usize = 32;

#[derive(Debug, Serialize)]
struct Shown {
    kind: &'static str,
    says: &'static str,
    candidates: u64,
    predicted: u64,
    edges: Vec<Edge>,
    more: u64,
}

#[derive(Debug, Serialize)]
struct Edge {
    thread: u32,
    name: Option<u64>,
    holds: Option<Thing>,
    waits: Option<Thing>,
    /// What it waits for, or why it does not.
    how: &'static str,
}

/// A lock, a condition variable, a thread or an address.
#[derive(Debug, Default, Serialize)]
struct Thing {
    id: u32,
    name: Option<u64>,
    made: u64,
    place: u64,
    mode: Option<&'static str>,
}

pub(crate) fn write(report: &Report, names: &mut Names<'_>) -> String {
    let deadlocks = &report.deadlocks;
    let mut list = List::of_at_most(BYTES);
    for finding in &deadlocks.findings {
        if list.is_full() {
            list.skip(1);
        } else {
            list.push(&shown(finding, names));
        }
    }
    Object::default()
        .value("candidates", &deadlocks.candidates)
        .value("predicted", &deadlocks.predicted)
        .value("bounds", &deadlocks.bounds)
        .part("list", &list.counted())
        .end()
}

fn shown(finding: &Finding, names: &mut Names<'_>) -> Shown {
    let report = &finding.deadlock;
    let edges = report.edges.iter().take(EDGES);
    let edges: Vec<Edge> = edges
        .map(|edge| {
            let thing = |names: &mut Names<'_>, id, site: Option<&Site>, mode: Option<Mode>| {
                let known = report.locks.iter().find(|lock| lock.address == id);
                lock(names, id, known, site, mode)
            };
            let holds = edge.holds.as_ref();
            let (how, waits) = match &edge.waits {
                Waiting::Lock(id, site) => ("lock", Some(thing(names, *id, site.as_ref(), None))),
                Waiting::Read(id, site) => {
                    ("lock", Some(thing(names, *id, site.as_ref(), Some(Mode::Shared))))
                }
                Waiting::Write(id, site) => (
                    "lock",
                    Some(thing(names, *id, site.as_ref(), Some(Mode::Exclusive))),
                ),
                Waiting::Condvar(id, site) => ("condvar", Some(thing(names, *id, site.as_ref(), None))),
                Waiting::Address(id, site) => ("address", Some(lock(names, *id, None, site.as_ref(), None))),
                Waiting::Thread(thread, site) => {
                    let waits = Thing {
                        id: thread.id,
                        name: names.text(thread.name.as_deref()),
                        place: names.site(site.as_ref()),
                        ..Thing::default()
                    };
                    ("thread", Some(waits))
                }
                Waiting::Died => ("died", None),
                Waiting::Never => ("returned", None),
                _ => ("other", None),
            };
            Edge {
                thread: edge.thread.id,
                name: names.text(edge.thread.name.as_deref()),
                holds: holds.map(|hold| thing(names, hold.lock, hold.taken.as_ref(), hold.mode)),
                waits,
                how,
            }
        })
        .collect();
    Shown {
        kind: finding.kind.as_str(),
        says: finding.kind.proof(),
        candidates: finding.candidates,
        predicted: finding.predicted,
        more: report.more + (report.edges.len() - edges.len()) as u64,
        edges,
    }
}

fn lock(
    names: &mut Names<'_>,
    id: u32,
    known: Option<&LockOrigin>,
    site: Option<&Site>,
    mode: Option<Mode>,
) -> Thing {
    Thing {
        id,
        name: names.text(known.and_then(|lock| lock.name.as_deref())),
        made: names.site(known.and_then(|lock| lock.made.as_ref())),
        place: names.site(site),
        mode: mode.map(|mode| match mode {
            Mode::Exclusive => "write",
            Mode::Shared => "read",
        }),
    }
}
