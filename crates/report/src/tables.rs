//! The rows of the tables: locks and condition variables, most waited for first.

use serde::Serialize;
use threadlink_analysis::{EndReport, LockFigures, LockReport, Report};
use threadlink_trace::Mode;

use crate::json::List;
use crate::names::Names;

/// Bytes of all locks together, and of all condition variables.
const LOCK_BYTES: usize = 600 << 10;
const CONDVAR_BYTES: usize = 100 << 10;

/// Places of a lock.
const SITES: usize = 4;

/// Who has a lock or waits for it at the end.
const ENDS: usize = 4;

#[derive(Debug, Serialize)]
struct Lock {
    id: u32,
    name: Option<u64>,
    made: u64,
    /// It is read, too.
    rw: bool,
    figures: Figures,
    sites: Vec<Site>,
    #[serde(rename = "moreSites")]
    more_sites: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    held: Vec<End>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waiting: Vec<End>,
}

/// Acquisitions, contended, wait, longest wait, hold, longest hold.
type Figures = [u64; 6];

fn figures(figures: &LockFigures) -> Figures {
    [
        figures.acquisitions,
        figures.contended,
        figures.wait_ns,
        figures.max_wait_ns,
        figures.hold_ns,
        figures.max_hold_ns,
    ]
}

#[derive(Debug, Serialize)]
struct Site {
    place: u64,
    mode: &'static str,
    figures: Figures,
    blocked: u64,
}

#[derive(Debug, Serialize)]
struct End {
    thread: u32,
    name: Option<u64>,
    ended: bool,
    place: u64,
    mode: Option<&'static str>,
    since: u64,
}

#[derive(Debug, Serialize)]
struct Condvar {
    id: u32,
    name: Option<u64>,
    made: u64,
    /// Waits, timeouts, one notified, all notified, wait, longest wait.
    figures: [u64; 6],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waiting: Vec<End>,
}

pub(crate) fn locks(report: &Report, names: &mut Names<'_>) -> String {
    let mut list = List::of_at_most(LOCK_BYTES);
    for lock in &report.locks {
        if list.is_full() {
            list.skip(1);
        } else {
            list.push(&row(lock, names));
        }
    }
    list.counted()
}

fn row(lock: &LockReport, names: &mut Names<'_>) -> Lock {
    let sites = lock.sites.iter().take(SITES);
    let held = lock.held_at_end.as_deref().into_iter().chain(&lock.read_at_end);
    Lock {
        id: lock.origin.address,
        name: names.text(lock.origin.name.as_deref()),
        made: names.site(lock.origin.made.as_ref()),
        rw: lock.reads.is_some(),
        figures: figures(&lock.total),
        sites: sites
            .map(|site| Site {
                place: names.place(&site.place),
                mode: mode(site.mode),
                figures: figures(&site.figures),
                blocked: site.blocked_others_ns,
            })
            .collect(),
        more_sites: lock.sites.len().saturating_sub(SITES),
        held: ends(held, names),
        waiting: ends(lock.waiting_at_end.iter(), names),
    }
}

pub(crate) fn condvars(report: &Report, names: &mut Names<'_>) -> String {
    let mut list = List::of_at_most(CONDVAR_BYTES);
    for condvar in &report.condvars {
        if list.is_full() {
            list.skip(1);
            continue;
        }
        let total = &condvar.total;
        list.push(&Condvar {
            id: condvar.origin.address,
            name: names.text(condvar.origin.name.as_deref()),
            made: names.site(condvar.origin.made.as_ref()),
            figures: [
                total.waits,
                total.timeouts,
                total.notify_one,
                total.notify_all,
                total.wait_ns,
                total.max_wait_ns,
            ],
            waiting: ends(condvar.waiting_at_end.iter(), names),
        });
    }
    list.counted()
}

fn ends<'r>(ends: impl Iterator<Item = &'r EndReport>, names: &mut Names<'_>) -> Vec<End> {
    ends.take(ENDS)
        .map(|end| End {
            thread: end.thread,
            name: names.text(end.thread_name.as_deref()),
            ended: end.thread_ended,
            place: names.place(&end.place),
            mode: end.mode.map(mode),
            since: end.since_ns,
        })
        .collect()
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Exclusive => "exclusive",
        Mode::Shared => "shared",
    }
}
