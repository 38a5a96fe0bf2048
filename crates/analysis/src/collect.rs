//! The counting: one pass over the events, with what each thread waits for and who holds each lock.
//!
//! Any trace can be counted, also one that isn't well formed or lacks the last events of some threads: a release
//! of a lock that the thread doesn't hold counts as nothing, and an acquire of a lock that is held ends that hold
//! uncounted.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use threadlink_trace::{Event, EventKind, MAX_VIOLATIONS, Mode, Trace, Violation, validate};

use crate::condvars::Condvars;
use crate::contention::WaitKind;
use crate::deadlocks;
use crate::groups::Groups;
use crate::identity::{Key, Table, is_part_of_std, origin};
use crate::lives::ThreadReport;
use crate::lock::Lock;
use crate::parts::{end_report, percentiles};
use crate::place::Place;
use crate::predict::{Asked, Bounds, Predictor};
use crate::queue::Meanwhile;
use crate::readers::Holder;
use crate::report::{EndReport, GroupReport, LockReport, Report, SiteReport};
use crate::sites::Sites;
use crate::threads::{Aside, Held, Threads, Wait, What};

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
    let mut counting = Counting::of(trace);
    let mut condvars = Condvars::default();
    let mut predictor = Predictor::new(bounds);
    for event in trace.events() {
        condvars.event(trace, event);
        let lock = counting.event(event);
        if !event.kind.is_aside() {
            predictor.event(event.thread, event.kind, lock);
        }
    }
    let asked = counting.asked();
    let prediction = predictor.predict(trace, &mut counting.locks, asked.into_iter());
    let locks = &counting.locks;
    let deadlocks = deadlocks::findings(
        trace,
        prediction,
        &deadlocks::Locks {
            key: &|number| locks.key(number),
            was_read: &|number| locks.peek(number).read,
            number: &|address| locks.find_number(trace, address, u64::MAX),
        },
    );
    let duration_ns = counting.duration;
    let counted = counting.finish();
    let died = counted.threads.iter().filter(|thread| thread.died).count();
    Report {
        events: trace.event_count(),
        threads: trace.threads().len() as u64,
        died: died as u64,
        duration_ns,
        truncated: trace.truncated(),
        deadlocks,
        thread_times: counted.threads,
        locks: counted.locks,
        groups: counted.groups,
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

/// The locks and threads of a trace, as far as its events have been counted.
struct Counting<'a> {
    trace: &'a Trace,
    locks: Table<Lock>,
    threads: Threads<'a>,
    /// Tokens that were left for a thread which has not taken them.
    tokens: HashSet<u32>,
    duration: u64,
}

struct Counted {
    threads: Vec<ThreadReport>,
    locks: Vec<LockReport>,
    groups: Vec<GroupReport>,
}

impl<'a> Counting<'a> {
    fn of(trace: &'a Trace) -> Self {
        Self {
            trace,
            locks: Table::default(),
            threads: Threads::of(trace),
            tokens: HashSet::new(),
            duration: 0,
        }
    }

    /// Counts the next event, and says which lock it is about: the number in the table of what is acquired or released, or of the
    /// mutex for a wait.
    fn event(&mut self, event: Event) -> Option<u32> {
        self.duration = self.duration.max(event.time);
        let (at, time) = self.threads.did(&event);
        if event.kind.is_aside() {
            self.aside(at, time, event.kind);
            return None;
        }
        let before = self.threads.get(at).wait.take();
        self.end_aside(at, time);
        match event.kind {
            EventKind::Acquire { lock, site, mode, .. } => {
                let number = self.locks.number(self.trace, lock, event.time);
                let ticket = before.and_then(|wait| match wait.what {
                    What::Lock(wanted, ticket) if wanted == number => Some(ticket),
                    _ => {
                        self.over(at, wait, time);
                        None
                    }
                });
                let thread = event.thread;
                let holder = Holder {
                    thread,
                    site,
                    since: time,
                };
                let wait = self.locks.get(number).got(holder, mode, ticket);
                if let Some(asked) = before.filter(|_| ticket.is_some()) {
                    self.waited(at, WaitKind::Lock, wait, asked.site, Some(number));
                }
                self.threads.get(at).takes(Held {
                    lock: number,
                    site,
                    mode,
                });
                Some(number)
            }
            EventKind::Release { lock, mode } => {
                let number = self.locks.number(self.trace, lock, event.time);
                match before.map(|wait| (wait, wait.what)) {
                    // The mutex of a condition variable.
                    Some((wait, What::Condvar { asleep: false })) => {
                        let what = What::Condvar { asleep: true };
                        self.threads.get(at).wait = Some(Wait { what, ..wait });
                    }
                    Some((wait, _)) => self.over(at, wait, time),
                    None => {}
                }
                self.locks.get(number).released(event.thread, mode, time);
                self.threads.get(at).leaves(number, mode);
                Some(number)
            }
            other => {
                // Whatever else a thread does, it waits no more.
                if let Some(wait) = before {
                    self.over(at, wait, time);
                }
                self.other(at, time, event, other)
            }
        }
    }

    /// An event that neither gets a lock nor lets go of one.
    fn other(&mut self, at: usize, time: u64, event: Event, kind: EventKind) -> Option<u32> {
        let (site, what) = match kind {
            EventKind::Request {
                lock,
                site,
                contended,
                mode,
            } => {
                let number = self.locks.number(self.trace, lock, event.time);
                let ticket = self.locks.get(number).asked(event.thread, mode, contended, time);
                (site, What::Lock(number, ticket))
            }
            EventKind::Wait { site, .. } => (site, What::Condvar { asleep: false }),
            EventKind::JoinRequest { child, site } => {
                let waits = !self.threads.has_ended(child);
                (site, What::Join { waits })
            }
            EventKind::End { .. } => {
                self.threads.get(at).end();
                return None;
            }
            _ => return None,
        };
        self.threads.get(at).wait = Some(Wait {
            site,
            since: time,
            what,
        });
        match kind {
            // It is held, so it was seen before: a mutex that is not makes no lock.
            EventKind::Wait { mutex, .. } => self.locks.find_number(self.trace, mutex, event.time),
            _ => None,
        }
    }

    /// An event beside those.
    fn aside(&mut self, at: usize, time: u64, kind: EventKind) {
        let thread = self.threads.get(at);
        // What belongs to another wait is a part of it.
        let free = !thread.is_waiting();
        let begins = |kind, site, waits| Aside {
            kind,
            site,
            since: time,
            waits,
        };
        match kind {
            EventKind::Park { token, site, .. } if free => {
                let waits = !self.tokens.contains(&token);
                thread.aside = Some(begins(WaitKind::Park, site, waits));
            }
            EventKind::Sleep { .. } if free => thread.aside = Some(begins(WaitKind::Address, 0, true)),
            EventKind::Awake { how, .. } => {
                if let Some(aside) = thread.awake(how) {
                    self.aside_over(at, aside, time);
                }
            }
            EventKind::ParkEnd { token, timed_out } => {
                if !timed_out {
                    self.tokens.remove(&token);
                }
                self.end_aside(at, time);
            }
            EventKind::Unpark { token, .. } => {
                self.tokens.insert(token);
            }
            _ => {}
        }
    }

    fn end_aside(&mut self, at: usize, time: u64) {
        if let Some(aside) = self.threads.get(at).aside.take() {
            self.aside_over(at, aside, time);
        }
    }

    fn aside_over(&mut self, at: usize, aside: Aside, time: u64) {
        if aside.waits {
            let wait = time.saturating_sub(aside.since);
            self.waited(at, aside.kind, wait, aside.site, None);
        }
    }

    /// A wait is over, and not with the lock.
    fn over(&mut self, at: usize, wait: Wait, time: u64) {
        let past = time.saturating_sub(wait.since);
        match wait.what {
            What::Lock(number, ticket) => {
                let past = self.locks.get(number).gave_up(&ticket, time);
                self.waited(at, WaitKind::Lock, past, wait.site, Some(number));
            }
            What::Condvar { .. } => self.waited(at, WaitKind::Condvar, past, wait.site, None),
            What::Join { waits: true } => self.waited(at, WaitKind::Join, past, wait.site, None),
            What::Join { waits: false } => {}
        }
    }

    /// Counts how long a thread has waited, for it and for what it held meanwhile.
    fn waited(&mut self, at: usize, kind: WaitKind, wait: u64, site: u32, lock: Option<u32>) {
        if wait == 0 {
            return;
        }
        for held in self.threads.get(at).waited(kind, wait, lock) {
            let what = Meanwhile {
                site: held.site,
                mode: held.mode,
                kind,
                at: site,
            };
            self.locks.get(held.lock).meanwhile(what, wait);
        }
    }

    /// The locks that threads wait for.
    fn asked(&mut self) -> Vec<Asked> {
        let threads = &mut self.threads;
        let waits = threads
            .ids()
            .filter_map(|(at, thread)| match threads.get(at).wait {
                Some(Wait {
                    site,
                    what: What::Lock(lock, ticket),
                    ..
                }) => Some(Asked {
                    thread,
                    lock,
                    mode: ticket.mode(),
                    site,
                }),
                _ => None,
            });
        waits.collect()
    }

    /// What has been counted; what is not over goes on to the end of the trace.
    fn finish(mut self) -> Counted {
        let (trace, end) = (self.trace, self.duration);
        let known = |(at, _)| self.threads.known_until(at, trace.truncated(), end);
        let until: Vec<u64> = self.threads.ids().map(known).collect();
        let mut waiting: HashMap<Key, Vec<EndReport>> = HashMap::new();
        for (at, thread) in self.threads.ids() {
            if let Some(wait) = self.threads.get(at).wait.take() {
                if let What::Lock(number, ticket) = wait.what {
                    let report = end_report(trace, thread, wait.site, ticket.since(), Some(ticket.mode()));
                    waiting.entry(self.locks.key(number)).or_default().push(report);
                }
                self.over(at, wait, end);
            }
            self.end_aside(at, end);
        }
        let threads = &self.threads;
        let held_until = |thread| {
            let known = threads.find(thread).filter(|_| !threads.has_ended(thread));
            known.map_or(end, |at| until[at])
        };
        let (locks, groups) = lock_reports(trace, self.locks, waiting, held_until);
        let threads = (0..until.len()).map(|at| threads.report(at, until[at]));
        Counted {
            threads: threads.collect(),
            locks,
            groups,
        }
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

fn lock_reports(
    trace: &Trace,
    locks: Table<Lock>,
    mut waiting: HashMap<Key, Vec<EndReport>>,
    held_until: impl Fn(u32) -> u64,
) -> (Vec<LockReport>, Vec<GroupReport>) {
    let mut groups = Groups::default();
    let ranked = locks.into_ranked(|lock| lock.total().rank());
    let ranked = ranked.without(|id| is_part_of_std(trace, id));
    let reports = ranked.enumerate().map(|(index, (id, mut lock))| {
        let waiting = waiting.remove(&id).unwrap_or_default();
        let queue = lock.take_queue();
        let mut report = lock_report(trace, id, &lock, waiting, &held_until);
        report.contention = queue.map(|queue| Box::new(queue.report(trace)));
        groups.add(index, &lock, &report);
        report
    });
    let reports = reports.collect();
    (reports, groups.reports())
}

fn lock_report(
    trace: &Trace,
    id: Key,
    lock: &Lock,
    mut waiting_at_end: Vec<EndReport>,
    held_until: impl Fn(u32) -> u64,
) -> LockReport {
    waiting_at_end.sort_by_key(|report| (report.since_ns, report.thread));
    let held =
        |holder: &Holder, mode| end_report(trace, holder.thread, holder.site, holder.since, Some(mode));
    let [writes, reads] = [Mode::Exclusive, Mode::Shared].map(|mode| lock.sites.total(mode));
    let total = writes.plus(reads).report();
    // What a guard that was forgotten held is not held when the lock is no more.
    let ended = trace.lock(id.0, id.1).and_then(|info| info.ended);
    let is_held = lock.is_held() && ended.is_none();
    let owner = lock.owner.filter(|_| is_held);
    let readers = || lock.readers.iter().flat_map(|readers| readers.iter());
    let holders = lock.owner.iter().chain(readers());
    let until = holders.map(|holder| ended.unwrap_or_else(|| held_until(holder.thread)));
    LockReport {
        origin: origin(trace, id),
        percentiles: lock
            .over()
            .map(|past| Box::new(percentiles(&past.waits, &past.holds, &total))),
        total,
        held_ns: lock.held_until(until.max().unwrap_or(0)),
        writes: lock.read.then(|| Box::new(writes.report())),
        reads: lock.read.then(|| Box::new(reads.report())),
        sites: site_reports(trace, &lock.sites),
        held_at_end: owner.map(|owner| Box::new(held(&owner, Mode::Exclusive))),
        read_at_end: readers()
            .filter(|_| is_held)
            .map(|reader| held(reader, Mode::Shared))
            .collect(),
        waiting_at_end,
        contention: None,
    }
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
