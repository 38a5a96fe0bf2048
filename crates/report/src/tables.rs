//! The rows of the tables: locks, groups of them and condition variables, most waited for first; threads by number.

use serde::Serialize;
use threadlink_analysis::{
    EndReport, LockContention, LockFigures, LockReport, Percentiles, Report, ThreadReport,
};
use threadlink_trace::Mode;

use crate::json::List;
use crate::names::Names;

/// Bytes of all locks together, and of all condition variables.
const LOCK_BYTES: usize = 600 << 10;
const CONDVAR_BYTES: usize = 100 << 10;
/// The same of groups and of threads.
const GROUP_BYTES: usize = 60 << 10;
const THREAD_BYTES: usize = 100 << 10;

/// Places of a lock.
const SITES: usize = 4;

/// Who has a lock or waits for it at the end.
const ENDS: usize = 4;

/// Who made others wait for a lock, and what was waited for with it held.
const BLAMED: usize = 3;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    contention: Option<Contention>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    held: Vec<End>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waiting: Vec<End>,
}

/// Acquisitions, contended; wait in all, of 99 in a hundred, the longest; the same of hold.
type Figures = [u64; 8];

fn figures(figures: &LockFigures, percentiles: &Percentiles, wait: u64, hold: u64) -> Figures {
    [
        figures.acquisitions,
        figures.contended,
        wait,
        percentiles.p99_wait_ns,
        figures.max_wait_ns,
        hold,
        percentiles.p99_hold_ns,
        figures.max_hold_ns,
    ]
}

/// Several locks of one place.
#[derive(Debug, Serialize)]
struct Group {
    made: u64,
    name: Option<u64>,
    locks: u64,
    figures: Figures,
    /// The address of the one that was waited for most.
    worst: u32,
}

/// Who made others wait.
#[derive(Debug, Serialize)]
struct Contention {
    queue: u64,
    /// How many, and how long they took.
    convoys: [u64; 2],
    blame: Vec<Blame>,
    /// What was waited for with the lock held.
    meanwhile: Vec<Meanwhile>,
}

#[derive(Debug, Serialize)]
struct Blame {
    place: u64,
    thread: u32,
    name: Option<u64>,
    blocked: u64,
}

#[derive(Debug, Serialize)]
struct Meanwhile {
    place: u64,
    kind: &'static str,
    at: u64,
    waits: u64,
    wait: u64,
}

fn contention(contention: &LockContention, names: &mut Names<'_>) -> Contention {
    let blame = contention.blame.iter().take(BLAMED);
    let blame = blame.map(|blame| Blame {
        place: names.place(&blame.place),
        thread: blame.thread,
        name: names.thread(blame.thread),
        blocked: blame.blocked_ns,
    });
    let blame = blame.collect();
    let meanwhile = contention.held_while_waiting.iter().take(BLAMED);
    Contention {
        queue: contention.longest_queue,
        convoys: [contention.convoys.count, contention.convoys.time_ns],
        blame,
        meanwhile: meanwhile
            .map(|held| Meanwhile {
                place: names.place(&held.place),
                kind: held.kind.as_str(),
                at: names.place(&held.waited_at),
                waits: held.waits,
                wait: held.wait_ns,
            })
            .collect(),
    }
}

#[derive(Debug, Serialize)]
struct Site {
    place: u64,
    mode: &'static str,
    /// Acquisitions, contended, wait, hold, what others waited meanwhile.
    figures: [u64; 5],
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
        figures: figures(&lock.total, &lock.percentiles(), lock.waited_ns(), lock.held_ns),
        contention: lock.contention.as_deref().map(|all| contention(all, names)),
        sites: sites
            .map(|site| Site {
                place: names.place(&site.place),
                mode: mode(site.mode),
                figures: [
                    site.figures.acquisitions,
                    site.figures.contended,
                    site.figures.wait_ns,
                    site.figures.hold_ns,
                    site.blocked_others_ns,
                ],
            })
            .collect(),
        more_sites: lock.sites.len().saturating_sub(SITES),
        held: ends(held, names),
        waiting: ends(lock.waiting_at_end.iter(), names),
    }
}

pub(crate) fn groups(report: &Report, names: &mut Names<'_>) -> String {
    let mut list = List::of_at_most(GROUP_BYTES);
    for group in &report.groups {
        list.push(&Group {
            made: names.site(Some(&group.made)),
            name: names.text(group.name.as_deref()),
            locks: group.locks,
            figures: figures(
                &group.total,
                &group.percentiles,
                group.total.wait_ns,
                group.total.hold_ns,
            ),
            worst: report
                .locks
                .get(group.worst)
                .map_or(0, |lock| lock.origin.address),
        });
    }
    list.counted()
}

/// What a thread's time went for.
#[derive(Debug, Serialize)]
struct Thread {
    thread: u32,
    name: Option<u64>,
    life: u64,
    /// For locks, condition variables, joins, parked and at addresses; running.
    parts: [u64; 5],
    /// Null for one that was still there.
    ended: Option<&'static str>,
}

pub(crate) fn threads(report: &Report, names: &mut Names<'_>) -> String {
    let mut list = List::of_at_most(THREAD_BYTES);
    // Those that waited longest have a row before those that did not.
    let mut threads: Vec<&ThreadReport> = report.thread_times.iter().collect();
    threads.sort_by_key(|thread| (std::cmp::Reverse(thread.waiting_ns()), thread.thread));
    for thread in threads {
        if list.is_full() {
            list.skip(1);
            continue;
        }
        list.push(&Thread {
            thread: thread.thread,
            name: names.text(thread.name.as_deref()),
            life: thread.life_ns,
            parts: [
                thread.lock_wait_ns,
                thread.condvar_wait_ns,
                thread.join_wait_ns,
                thread.park_wait_ns.saturating_add(thread.address_wait_ns),
                thread.running_ns,
            ],
            ended: match (thread.ended, thread.died) {
                (_, true) => Some("died"),
                (true, false) => Some("returned"),
                (false, false) => None,
            },
        });
    }
    list.counted()
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
