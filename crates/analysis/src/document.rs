//! The keys of a deadlock in JSON, which stay whatever becomes of the types that programs in Rust use.

use std::collections::HashMap;

use serde::{Serialize, Serializer};

use super::Place;
use threadlink_trace::Mode;
use threadlink_trace::Site;
use threadlink_trace::{DeadlockReport, LockOrigin, ReportEdge, Waiting};

/// For a field with the deadlocks of a trace.
pub(super) fn deadlocks<S: Serializer>(reports: &[DeadlockReport], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(reports.iter().map(Deadlock::of))
}

#[derive(Serialize)]
struct Deadlock {
    edges: Vec<Edge>,
    more: u64,
}

#[derive(Serialize)]
struct Edge {
    thread: u32,
    thread_name: Option<String>,
    holds: Option<Held>,
    waits: Waits,
}

#[derive(Serialize)]
struct Held {
    lock: u32,
    #[serde(flatten)]
    origin: Origin,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<Mode>,
    #[serde(flatten)]
    place: Place,
}

/// What a lock or condition variable is called, and where it was made.
#[derive(Serialize)]
struct Origin {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<Place>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Waits {
    Lock {
        lock: u32,
        #[serde(flatten)]
        origin: Origin,
        #[serde(skip_serializing_if = "Option::is_none")]
        mode: Option<Mode>,
        #[serde(flatten)]
        place: Place,
    },
    Thread {
        thread: u32,
        thread_name: Option<String>,
        #[serde(flatten)]
        place: Place,
    },
    Condvar {
        condvar: u32,
        #[serde(flatten)]
        origin: Origin,
        #[serde(flatten)]
        place: Place,
    },
    Address {
        address: u32,
        #[serde(flatten)]
        place: Place,
    },
    Dead {
        returned: bool,
    },
    /// Whatever traces tell of later.
    Other,
}

impl Deadlock {
    fn of(report: &DeadlockReport) -> Self {
        let locks = report.locks.iter().map(|lock| (lock.address, lock)).collect();
        let edges = report.edges.iter();
        Self {
            edges: edges.map(|edge| Edge::of(edge, &locks)).collect(),
            more: report.more,
        }
    }
}

impl Edge {
    fn of(edge: &ReportEdge, locks: &HashMap<u32, &LockOrigin>) -> Self {
        let origin = |address: u32| Origin::of(locks.get(&address).copied());
        Self {
            thread: edge.thread.id,
            thread_name: edge.thread.name.clone(),
            holds: edge.holds.as_ref().map(|hold| Held {
                lock: hold.lock,
                origin: origin(hold.lock),
                mode: hold.mode,
                place: place(hold.taken.as_ref()),
            }),
            waits: Waits::of(&edge.waits, &origin),
        }
    }
}

impl Waits {
    fn of(waiting: &Waiting, origin: &dyn Fn(u32) -> Origin) -> Self {
        let lock = |lock: u32, mode, site: &Option<Site>| Self::Lock {
            lock,
            origin: origin(lock),
            mode,
            place: place(site.as_ref()),
        };
        match waiting {
            Waiting::Lock(address, site) => lock(*address, None, site),
            Waiting::Read(address, site) => lock(*address, Some(Mode::Shared), site),
            Waiting::Write(address, site) => lock(*address, Some(Mode::Exclusive), site),
            Waiting::Condvar(condvar, site) => Self::Condvar {
                condvar: *condvar,
                origin: origin(*condvar),
                place: place(site.as_ref()),
            },
            Waiting::Address(address, site) => Self::Address {
                address: *address,
                place: place(site.as_ref()),
            },
            Waiting::Thread(thread, site) => Self::Thread {
                thread: thread.id,
                thread_name: thread.name.clone(),
                place: place(site.as_ref()),
            },
            Waiting::Died => Self::Dead { returned: false },
            Waiting::Never => Self::Dead { returned: true },
            _ => Self::Other,
        }
    }
}

impl Origin {
    fn of(lock: Option<&LockOrigin>) -> Self {
        Self {
            name: lock.and_then(|lock| lock.name.clone()),
            made: lock.and_then(|lock| Some(place(Some(lock.made.as_ref()?)))),
        }
    }
}

fn place(site: Option<&Site>) -> Place {
    site.map_or_else(Place::default, |site| Place {
        site: site.address,
        file: Some(site.file.clone()),
        line: Some(site.line),
        column: Some(site.column),
    })
}
