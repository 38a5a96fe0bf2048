//! The counting: one pass over the events, with what each thread waits for and who holds each lock.
//!
//! Any trace can be counted, also one that isn't well formed or lacks the last events of some threads: a release
//! of a lock that the thread doesn't hold counts as nothing, and an acquire of a lock that is held ends that hold
//! uncounted.

use std::collections::HashMap;

use super::deadlocks::DeadlockReport;
use super::{EndReport, LockReport, Place, Report, SiteReport, name_of};
use crate::event::{EndKind, EventKind};
use crate::reader::Trace;

#[derive(Default)]
struct Lock {
    total: Figures,
    sites: HashMap<u32, Figures>,
    holder: Option<Holder>,
}

/// Counts and sums of one lock, or of one lock at one site.
#[derive(Clone, Copy, Default)]
struct Figures {
    acquisitions: u64,
    contended: u64,
    releases: u64,
    wait: u64,
    max_wait: u64,
    hold: u64,
    max_hold: u64,
    blocked_others: u64,
}

#[derive(Clone, Copy)]
struct Holder {
    thread: u32,
    site: u32,
    since: u64,
}

/// What a thread waits for.
#[derive(Clone, Copy)]
struct Waiter {
    lock: u32,
    site: u32,
    since: u64,
    contended: bool,
    /// Where the lock had been acquired by the thread that held it then.
    behind: Option<u32>,
}

impl Figures {
    fn acquired(&mut self, wait: u64, contended: bool) {
        self.acquisitions += 1;
        self.contended += u64::from(contended);
        self.wait = self.wait.saturating_add(wait);
        self.max_wait = self.max_wait.max(wait);
    }

    fn released(&mut self, hold: u64) {
        self.releases += 1;
        self.hold = self.hold.saturating_add(hold);
        self.max_hold = self.max_hold.max(hold);
    }
}

pub(super) fn report(trace: &Trace) -> Report {
    let mut locks: HashMap<u32, Lock> = HashMap::new();
    let mut waiters: HashMap<u32, Waiter> = HashMap::new();
    let mut duration = 0;
    for event in trace.events() {
        let (time, thread) = (event.time, event.thread);
        duration = duration.max(time);
        match event.kind {
            EventKind::Request {
                lock,
                site,
                contended,
            } => {
                let holder = locks.entry(lock).or_default().holder;
                let waiter = Waiter {
                    lock,
                    site,
                    since: time,
                    contended,
                    behind: holder.filter(|_| contended).map(|holder| holder.site),
                };
                waiters.insert(thread, waiter);
            }
            EventKind::Acquire { lock: id, site, .. } => {
                let lock = locks.entry(id).or_default();
                let waiter = waiters.remove(&thread).filter(|waiter| waiter.lock == id);
                let wait = waiter.map_or(0, |waiter| time.saturating_sub(waiter.since));
                let contended = waiter.is_some_and(|waiter| waiter.contended);
                lock.total.acquired(wait, contended);
                lock.sites.entry(site).or_default().acquired(wait, contended);
                if let Some(behind) = waiter.and_then(|waiter| waiter.behind) {
                    for figures in [&mut lock.total, lock.sites.entry(behind).or_default()] {
                        figures.blocked_others = figures.blocked_others.saturating_add(wait);
                    }
                }
                lock.holder = Some(Holder {
                    thread,
                    site,
                    since: time,
                });
            }
            EventKind::Release { lock: id } => {
                // Whoever goes on waits no more: an attempt was given up.
                waiters.remove(&thread);
                let lock = locks.entry(id).or_default();
                if let Some(holder) = lock.holder.take_if(|holder| holder.thread == thread) {
                    let hold = time.saturating_sub(holder.since);
                    lock.total.released(hold);
                    lock.sites.entry(holder.site).or_default().released(hold);
                }
            }
            EventKind::Start
            | EventKind::End { .. }
            | EventKind::Fork { .. }
            | EventKind::Join { .. }
            | EventKind::JoinRequest { .. } => {
                waiters.remove(&thread);
            }
        }
    }
    let died = |end| end == Some(EndKind::Died);
    Report {
        events: trace.event_count(),
        threads: trace.threads().len() as u64,
        died: trace.threads().iter().filter(|info| died(info.ended)).count() as u64,
        duration_ns: duration,
        truncated: trace.truncated(),
        locks: lock_reports(trace, locks, &waiters),
        deadlocks: trace
            .deadlocks()
            .iter()
            .map(|deadlock| DeadlockReport::of(trace, deadlock))
            .collect(),
        warnings: trace.warnings().to_vec(),
    }
}

fn lock_reports(trace: &Trace, locks: HashMap<u32, Lock>, waiters: &HashMap<u32, Waiter>) -> Vec<LockReport> {
    let mut waiting: HashMap<u32, Vec<EndReport>> = HashMap::new();
    for (&thread, waiter) in waiters {
        let report = end_report(trace, thread, waiter.site, waiter.since);
        waiting.entry(waiter.lock).or_default().push(report);
    }
    let mut reports: Vec<LockReport> = locks
        .into_iter()
        .map(|(id, lock)| {
            let mut waiting_at_end = waiting.remove(&id).unwrap_or_default();
            waiting_at_end.sort_by_key(|report| (report.since_ns, report.thread));
            LockReport {
                id,
                acquisitions: lock.total.acquisitions,
                contended: lock.total.contended,
                wait_ns: lock.total.wait,
                hold_ns: lock.total.hold,
                max_wait_ns: lock.total.max_wait,
                max_hold_ns: lock.total.max_hold,
                mean_wait_ns: mean(lock.total.wait, lock.total.acquisitions),
                mean_hold_ns: mean(lock.total.hold, lock.total.releases),
                sites: site_reports(trace, lock.sites),
                held_at_end: lock
                    .holder
                    .map(|holder| end_report(trace, holder.thread, holder.site, holder.since)),
                waiting_at_end,
            }
        })
        .collect();
    // All keys that tell two locks apart, so that the order is the same each time.
    reports.sort_by_key(|lock| {
        let size = (lock.wait_ns, lock.contended, lock.acquisitions);
        (std::cmp::Reverse(size), lock.id)
    });
    reports
}

fn site_reports(trace: &Trace, sites: HashMap<u32, Figures>) -> Vec<SiteReport> {
    let mut reports: Vec<SiteReport> = sites
        .into_iter()
        .map(|(site, figures)| SiteReport {
            place: Place::of(trace, site),
            acquisitions: figures.acquisitions,
            contended: figures.contended,
            wait_ns: figures.wait,
            max_wait_ns: figures.max_wait,
            hold_ns: figures.hold,
            max_hold_ns: figures.max_hold,
            mean_wait_ns: mean(figures.wait, figures.acquisitions),
            mean_hold_ns: mean(figures.hold, figures.releases),
            blocked_others_ns: figures.blocked_others,
        })
        .collect();
    reports.sort_by_key(|site| {
        let size = (site.wait_ns, site.blocked_others_ns, site.acquisitions);
        (std::cmp::Reverse(size), site.place.site)
    });
    reports
}

fn end_report(trace: &Trace, thread: u32, site: u32, since: u64) -> EndReport {
    EndReport {
        thread,
        thread_name: name_of(trace, thread),
        thread_ended: trace.thread(thread).is_some_and(|info| info.ended.is_some()),
        place: Place::of(trace, site),
        since_ns: since,
    }
}

fn mean(sum: u64, count: u64) -> u64 {
    sum.checked_div(count).unwrap_or(0)
}
