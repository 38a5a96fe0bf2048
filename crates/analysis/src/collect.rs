//! The counting: one pass over the events, with what each thread waits for and who holds each lock.
//!
//! Any trace can be counted, also one that isn't well formed or lacks the last events of some threads: a release
//! of a lock that the thread doesn't hold counts as nothing, and an acquire of a lock that is held ends that hold
//! uncounted.

use std::cmp::Reverse;
use std::collections::HashMap;

use threadlink_trace::{EndKind, EventKind, Mode, Trace};

use crate::condvars::Condvars;
use crate::deadlocks;
use crate::identity::{Key, key, origin};
use crate::parts::{end_report, mean, sorted};
use crate::report::{EndReport, LockFigures, LockReport, Place, Report, SiteReport};

#[derive(Default)]
struct Lock {
    /// By [`Mode`].
    total: [Figures; 2],
    /// Somebody asked for it or had it for reading: it is a read-write lock.
    read: bool,
    sites: HashMap<(u32, Mode), Figures>,
    owner: Option<Holder>,
    /// In the order of their acquires; a thread that reads twice is here twice.
    readers: Vec<Holder>,
}

impl Lock {
    /// The figures of one mode, and those of the lock at one place.
    fn figures(&mut self, site: u32, mode: Mode) -> [&mut Figures; 2] {
        self.read |= mode == Mode::Shared;
        [
            &mut self.total[mode as usize],
            self.sites.entry((site, mode)).or_default(),
        ]
    }

    /// Where the lock was acquired by the thread that held it, or the first of those that read it.
    fn behind(&self) -> Option<(u32, Mode)> {
        let owner = self.owner.map(|holder| (holder.site, Mode::Exclusive));
        let reader = || self.readers.first().map(|holder| (holder.site, Mode::Shared));
        owner.or_else(reader)
    }

    /// The hold that this release ends.
    fn released(&mut self, thread: u32, mode: Mode) -> Option<Holder> {
        match mode {
            Mode::Exclusive => self.owner.take_if(|holder| holder.thread == thread),
            Mode::Shared => {
                // The latest of the thread's own: that nests, and sums up to the same in any case.
                let last = self.readers.iter().rposition(|holder| holder.thread == thread)?;
                Some(self.readers.remove(last))
            }
        }
    }
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
    lock: Key,
    site: u32,
    since: u64,
    contended: bool,
    mode: Mode,
    /// Where the lock had been acquired by the thread that held it then.
    behind: Option<(u32, Mode)>,
}

impl Figures {
    fn plus(self, other: Figures) -> Figures {
        Figures {
            acquisitions: self.acquisitions + other.acquisitions,
            contended: self.contended + other.contended,
            releases: self.releases + other.releases,
            wait: self.wait.saturating_add(other.wait),
            max_wait: self.max_wait.max(other.max_wait),
            hold: self.hold.saturating_add(other.hold),
            max_hold: self.max_hold.max(other.max_hold),
            blocked_others: self.blocked_others.saturating_add(other.blocked_others),
        }
    }

    fn report(self) -> LockFigures {
        LockFigures {
            acquisitions: self.acquisitions,
            contended: self.contended,
            wait_ns: self.wait,
            hold_ns: self.hold,
            max_wait_ns: self.max_wait,
            max_hold_ns: self.max_hold,
            mean_wait_ns: mean(self.wait, self.acquisitions),
            mean_hold_ns: mean(self.hold, self.releases),
        }
    }

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

impl Report {
    /// The report on a trace.
    ///
    /// # Examples
    /// ```no_run
    /// use threadlink_analysis::Report;
    /// use threadlink_trace::Trace;
    ///
    /// println!("{} locks", Report::of(&Trace::open("run.trace")?).locks.len());
    /// # Ok::<(), threadlink_trace::ReadError>(())
    /// ```
    #[must_use]
    pub fn of(trace: &Trace) -> Report {
        report(trace)
    }
}

fn report(trace: &Trace) -> Report {
    let mut locks: HashMap<Key, Lock> = HashMap::new();
    let mut waiters: HashMap<u32, Waiter> = HashMap::new();
    let mut condvars = Condvars::default();
    let mut duration = 0;
    for event in trace.events() {
        let (time, thread) = (event.time, event.thread);
        duration = duration.max(time);
        condvars.event(trace, event);
        match event.kind {
            EventKind::Request {
                lock,
                site,
                contended,
                mode,
            } => {
                let lock = key(trace, lock, time);
                let entry = locks.entry(lock).or_default();
                entry.read |= mode == Mode::Shared;
                let waiter = Waiter {
                    lock,
                    site,
                    since: time,
                    contended,
                    mode,
                    behind: entry.behind().filter(|_| contended),
                };
                waiters.insert(thread, waiter);
            }
            EventKind::Acquire { lock, site, mode, .. } => {
                let id = key(trace, lock, time);
                let lock = locks.entry(id).or_default();
                let waiter = waiters.remove(&thread).filter(|waiter| waiter.lock == id);
                let wait = waiter.map_or(0, |waiter| time.saturating_sub(waiter.since));
                let contended = waiter.is_some_and(|waiter| waiter.contended);
                for figures in lock.figures(site, mode) {
                    figures.acquired(wait, contended);
                }
                if let Some((site, mode)) = waiter.and_then(|waiter| waiter.behind) {
                    for figures in lock.figures(site, mode) {
                        figures.blocked_others = figures.blocked_others.saturating_add(wait);
                    }
                }
                let holder = Holder {
                    thread,
                    site,
                    since: time,
                };
                match mode {
                    Mode::Exclusive => {
                        lock.readers.clear();
                        lock.owner = Some(holder);
                    }
                    Mode::Shared => {
                        lock.owner = None;
                        lock.readers.push(holder);
                    }
                }
            }
            EventKind::Release { lock, mode } => {
                let id = key(trace, lock, time);
                // Whoever goes on waits no more: an attempt was given up.
                waiters.remove(&thread);
                let lock = locks.entry(id).or_default();
                if let Some(holder) = lock.released(thread, mode) {
                    let hold = time.saturating_sub(holder.since);
                    for figures in lock.figures(holder.site, mode) {
                        figures.released(hold);
                    }
                }
            }
            // Whatever else a thread does, it waits no more.
            _ => {
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
        deadlocks: deadlocks::reports(trace, &|lock| {
            let id = key(trace, lock, u64::MAX);
            locks.get(&id).is_some_and(|lock| lock.read)
        }),
        locks: lock_reports(trace, locks, &waiters),
        condvars: condvars.reports(trace),
        warnings: trace.warnings().to_vec(),
    }
}

fn lock_reports(trace: &Trace, locks: HashMap<Key, Lock>, waiters: &HashMap<u32, Waiter>) -> Vec<LockReport> {
    let mut waiting: HashMap<Key, Vec<EndReport>> = HashMap::new();
    for (&thread, waiter) in waiters {
        let report = end_report(trace, thread, waiter.site, waiter.since, Some(waiter.mode));
        waiting.entry(waiter.lock).or_default().push(report);
    }
    let mut reports: Vec<LockReport> = sorted(locks)
        .map(|(id, lock)| {
            let mut waiting_at_end = waiting.remove(&id).unwrap_or_default();
            waiting_at_end.sort_by_key(|report| (report.since_ns, report.thread));
            let held = |holder: &Holder, mode| {
                end_report(trace, holder.thread, holder.site, holder.since, Some(mode))
            };
            LockReport {
                origin: origin(trace, id),
                total: lock.total[0].plus(lock.total[1]).report(),
                writes: lock.read.then(|| lock.total[Mode::Exclusive as usize].report()),
                reads: lock.read.then(|| lock.total[Mode::Shared as usize].report()),
                sites: site_reports(trace, lock.sites),
                held_at_end: lock.owner.map(|owner| held(&owner, Mode::Exclusive)),
                read_at_end: lock
                    .readers
                    .iter()
                    .map(|reader| held(reader, Mode::Shared))
                    .collect(),
                waiting_at_end,
            }
        })
        .collect();
    reports.sort_by_key(|lock| Reverse((lock.total.wait_ns, lock.total.contended, lock.total.acquisitions)));
    reports
}

fn site_reports(trace: &Trace, sites: HashMap<(u32, Mode), Figures>) -> Vec<SiteReport> {
    let mut reports: Vec<SiteReport> = sites
        .into_iter()
        .map(|((site, mode), figures)| SiteReport {
            place: Place::of(trace, site),
            mode,
            figures: figures.report(),
            blocked_others_ns: figures.blocked_others,
        })
        .collect();
    reports.sort_by_key(|site| {
        let size = (
            site.figures.wait_ns,
            site.blocked_others_ns,
            site.figures.acquisitions,
        );
        (Reverse(size), site.place.site, site.mode)
    });
    reports
}
