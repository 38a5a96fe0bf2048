//! The counting: one pass over the events, with what each thread waits for and who holds each lock.
//!
//! Any trace can be counted, also one that isn't well formed or lacks the last events of some threads: a release
//! of a lock that the thread doesn't hold counts as nothing, and an acquire of a lock that is held ends that hold
//! uncounted.

use std::cmp::Reverse;
use std::collections::HashMap;

use threadlink_trace::{EndKind, EventKind, MAX_VIOLATIONS, Mode, Trace, Violation, validate};

use crate::condvars::Condvars;
use crate::deadlocks;
use crate::identity::{Key, Table, is_part_of_std, origin};
use crate::parts::end_report;
use crate::predict::{Asked, Bounds, Predictor};
use crate::readers::{Holder, Readers};
use crate::report::{EndReport, LockReport, Place, Report, SiteReport};
use crate::sites::{Figures, Sites};

#[derive(Default)]
struct Lock {
    /// Somebody asked for it or had it for reading: it is a read-write lock.
    read: bool,
    sites: Sites,
    owner: Option<Holder>,
    readers: Option<Box<Readers>>,
}

impl Lock {
    /// Where the lock was acquired by the thread that held it, or the first of those that read it.
    fn behind(&self) -> Option<(u32, Mode)> {
        let owner = self.owner.map(|holder| (holder.site, Mode::Exclusive));
        let first = || self.readers.as_ref().and_then(|readers| readers.first());
        owner.or_else(|| first().map(|holder| (holder.site, Mode::Shared)))
    }

    /// All that was done with it.
    fn total(&self) -> Figures {
        let [writes, reads] = [Mode::Exclusive, Mode::Shared].map(|mode| self.sites.total(mode));
        writes.plus(reads)
    }

    fn acquired(&mut self, holder: Holder, mode: Mode) {
        match mode {
            Mode::Exclusive => {
                self.readers = None;
                self.owner = Some(holder);
            }
            Mode::Shared => {
                self.owner = None;
                self.readers.get_or_insert_default().add(holder);
            }
        }
    }

    /// The hold that this release ends.
    fn released(&mut self, thread: u32, mode: Mode) -> Option<Holder> {
        match mode {
            Mode::Exclusive => self.owner.take_if(|holder| holder.thread == thread),
            Mode::Shared => {
                let holder = self.readers.as_mut()?.remove_latest(thread);
                self.readers.take_if(|readers| readers.is_empty());
                holder
            }
        }
    }
}

/// What a thread waits for.
#[derive(Clone, Copy)]
struct Waiter {
    /// Its number in the table.
    lock: u32,
    site: u32,
    since: u64,
    contended: bool,
    mode: Mode,
    /// Where the lock had been acquired by the thread that held it then.
    behind: Option<(u32, Mode)>,
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
        report(trace, Bounds::default())
    }

    /// The same, with other bounds for the search for deadlocks that could happen.
    ///
    /// # Examples
    /// ```no_run
    /// use threadlink_analysis::{Bounds, Report};
    /// use threadlink_trace::Trace;
    ///
    /// let bounds = Bounds { length: 4, ..Bounds::default() };
    /// let report = Report::bounded(&Trace::open("run.trace")?, bounds);
    /// println!("{} candidates", report.deadlocks.candidates);
    /// # Ok::<(), threadlink_trace::ReadError>(())
    /// ```
    #[must_use]
    pub fn bounded(trace: &Trace, bounds: Bounds) -> Report {
        report(trace, bounds)
    }
}

fn report(trace: &Trace, bounds: Bounds) -> Report {
    // First: what it remembers is gone before there is anything else to remember.
    let violations = validate(trace).err().unwrap_or_default();
    let mut locks: Table<Lock> = Table::default();
    let mut waiters: HashMap<u32, Waiter> = HashMap::new();
    let mut condvars = Condvars::default();
    let mut predictor = Predictor::new(bounds);
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
                let lock = locks.number(trace, lock, time);
                let entry = locks.get(lock);
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
                let number = locks.number(trace, lock, time);
                predictor.event(thread, event.kind, Some(number));
                let lock = locks.get(number);
                lock.read |= mode == Mode::Shared;
                let waiter = waiters.remove(&thread).filter(|waiter| waiter.lock == number);
                let wait = waiter.map_or(0, |waiter| time.saturating_sub(waiter.since));
                let contended = waiter.is_some_and(|waiter| waiter.contended);
                lock.sites.at(site, mode).acquired(wait, contended);
                if let Some((site, mode)) = waiter.and_then(|waiter| waiter.behind) {
                    lock.sites.at(site, mode).blocked(wait);
                }
                let holder = Holder {
                    thread,
                    site,
                    since: time,
                };
                lock.acquired(holder, mode);
            }
            EventKind::Release { lock, mode } => {
                let number = locks.number(trace, lock, time);
                predictor.event(thread, event.kind, Some(number));
                // Whoever goes on waits no more: an attempt was given up.
                waiters.remove(&thread);
                let lock = locks.get(number);
                if let Some(holder) = lock.released(thread, mode) {
                    let hold = time.saturating_sub(holder.since);
                    lock.sites.at(holder.site, mode).released(hold);
                }
            }
            aside if aside.is_aside() => {}
            // Whatever else a thread does, it waits no more.
            other => {
                waiters.remove(&thread);
                let mutex = match other {
                    // It is held, so it was seen before: a mutex that is not makes no lock.
                    EventKind::Wait { mutex, .. } => locks.find_number(trace, mutex, time),
                    _ => None,
                };
                predictor.event(thread, other, mutex);
            }
        }
    }
    let asked = waiters.iter().map(|(&thread, waiter)| Asked {
        thread,
        lock: waiter.lock,
        mode: waiter.mode,
        site: waiter.site,
    });
    let prediction = predictor.predict(trace, &mut locks, asked);
    let died = |end| end == Some(EndKind::Died);
    Report {
        events: trace.event_count(),
        threads: trace.threads().len() as u64,
        died: trace.threads().iter().filter(|info| died(info.ended)).count() as u64,
        duration_ns: duration,
        truncated: trace.truncated(),
        deadlocks: deadlocks::findings(
            trace,
            prediction,
            &deadlocks::Locks {
                key: &|number| locks.key(number),
                was_read: &|number| locks.peek(number).read,
                number: &|address| locks.find_number(trace, address, u64::MAX),
            },
        ),
        locks: lock_reports(trace, locks, &waiters),
        condvars: condvars.reports(trace),
        warnings: trace
            .warnings()
            .iter()
            .cloned()
            .chain(doubt(&violations))
            .collect(),
        violations,
    }
}

/// What a reader of the report should know of a trace that tells what cannot have happened.
fn doubt(violations: &[Violation]) -> Option<String> {
    let first = violations.first()?;
    let many = match violations.len() {
        1 => "once".to_owned(),
        MAX_VIOLATIONS.. => format!("{MAX_VIOLATIONS} times at least"),
        some => format!("{some} times"),
    };
    Some(format!(
        "the trace tells what cannot have happened ({many}), so the figures may be wrong; first: {first}"
    ))
}

fn lock_reports(trace: &Trace, locks: Table<Lock>, waiters: &HashMap<u32, Waiter>) -> Vec<LockReport> {
    let mut waiting: HashMap<Key, Vec<EndReport>> = HashMap::new();
    for (&thread, waiter) in waiters {
        let report = end_report(trace, thread, waiter.site, waiter.since, Some(waiter.mode));
        waiting.entry(locks.key(waiter.lock)).or_default().push(report);
    }
    locks
        .into_ranked(|lock| lock.total().rank())
        .without(|id| is_part_of_std(trace, id))
        .map(|(id, lock)| {
            let mut waiting_at_end = waiting.remove(&id).unwrap_or_default();
            waiting_at_end.sort_by_key(|report| (report.since_ns, report.thread));
            let held = |holder: &Holder, mode| {
                end_report(trace, holder.thread, holder.site, holder.since, Some(mode))
            };
            let [writes, reads] = [Mode::Exclusive, Mode::Shared].map(|mode| lock.sites.total(mode));
            // What a guard that was forgotten held is not held when the lock is no more.
            let exists = || trace.lock(id.0, id.1).is_none_or(|info| info.ended.is_none());
            let is_held = (lock.owner.is_some() || lock.readers.is_some()) && exists();
            let owner = lock.owner.filter(|_| is_held);
            let readers = lock
                .readers
                .iter()
                .filter(|_| is_held)
                .flat_map(|readers| readers.iter());
            LockReport {
                origin: origin(trace, id),
                total: writes.plus(reads).report(),
                writes: lock.read.then(|| Box::new(writes.report())),
                reads: lock.read.then(|| Box::new(reads.report())),
                sites: site_reports(trace, &lock.sites),
                held_at_end: owner.map(|owner| Box::new(held(&owner, Mode::Exclusive))),
                read_at_end: readers.map(|reader| held(reader, Mode::Shared)).collect(),
                waiting_at_end,
            }
        })
        .collect()
}

fn site_reports(trace: &Trace, sites: &Sites) -> Vec<SiteReport> {
    // Of the right size from the start: one for each of millions of locks.
    let mut reports = Vec::with_capacity(sites.len());
    reports.extend(sites.iter().map(|((site, mode), figures)| SiteReport {
        place: Place::of(trace, site),
        mode,
        figures: figures.report(),
        blocked_others_ns: figures.blocked_others,
    }));
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
