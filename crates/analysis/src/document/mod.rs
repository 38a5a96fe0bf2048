//! The report as a JSON document: [`Document`]. Its types are apart from those of the report, so that the keys stay what
//! they are whatever becomes of those; `docs/analysis-json.md` is the contract, and a test compares.

mod contention;
mod deadlock;
mod list;
mod parts;
mod tables;
mod threads;

use serde::Serialize;
use threadlink_trace as trace;

use self::contention::Contention;
use self::deadlock::Deadlocks;
use self::list::{List, Within};
use self::parts::{Mode, Origin, cut, share};
use self::tables::{Places, Tables, ThreadNames};
use self::threads::ThreadTimes;
use crate::lives::ThreadReport;
use crate::report::{
    CondvarFigures, CondvarReport, CondvarSiteReport, EndReport, GroupReport, LockFigures, LockReport,
    Report, SiteReport,
};

/// What `threadlink analyze --json` prints of a [`Report`]: serialize it with serde. It takes no memory of its own but for
/// the tables of places and names, each of which stands there once: each other part is made as it is written.
///
/// The keys are described in `docs/analysis-json.md` of the repository. Times are nanoseconds.
///
/// # Examples
/// ```
/// use threadlink_analysis::{Document, Report};
/// use threadlink_trace::{EventKind, Trace, TraceWriter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("run.trace");
/// let writer = TraceWriter::create(&path)?;
/// writer.recorder(0).record(7, EventKind::Start);
/// writer.finish()?;
///
/// let report = Report::of(&Trace::open(&path)?);
/// let json = serde_json::to_value(Document::of(&report))?;
/// assert_eq!(json["version"], Document::VERSION);
/// assert_eq!(json["duration_ns"], 7);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    version: u32,
    events: u64,
    threads: u64,
    died: u64,
    duration_ns: u64,
    truncated: bool,
    places: Places<'a>,
    thread_names: ThreadNames<'a>,
    thread_times: List<'a, ThreadReport, ThreadTimes>,
    lock_waits_ns: u64,
    never_contended: u64,
    locks: Within<'a, Whole, LockReport, Lock<'a>>,
    groups: List<'a, GroupReport, Group<'a>>,
    condvars: List<'a, CondvarReport, Condvar<'a>>,
    deadlocks: Deadlocks<'a>,
    violations: List<'a, trace::Violation, Violation>,
    warnings: &'a [String],
}

/// What shares of locks are shares of.
#[derive(Debug)]
struct Whole {
    duration_ns: u64,
    lock_waits_ns: u64,
}

#[derive(Debug, Serialize)]
struct Lock<'a> {
    id: u32,
    #[serde(flatten)]
    origin: Origin<'a>,
    #[serde(flatten)]
    total: Figures,
    #[serde(flatten)]
    percentiles: Percentiles,
    held_ns: u64,
    held_share: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    wait_share: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    writes: Option<Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reads: Option<Figures>,
    sites: List<'a, SiteReport, LockSite>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_at_end: Option<End>,
    #[serde(skip_serializing_if = "List::is_empty")]
    read_at_end: List<'a, EndReport, End>,
    #[serde(skip_serializing_if = "List::is_empty")]
    waiting_at_end: List<'a, EndReport, End>,
    #[serde(flatten)]
    contention: Option<Contention<'a>>,
}

/// Locks that were made at one place.
#[derive(Debug, Serialize)]
struct Group<'a> {
    made: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    locks: u64,
    never_contended: u64,
    worst: usize,
    #[serde(flatten)]
    total: Figures,
    #[serde(flatten)]
    percentiles: Percentiles,
}

#[derive(Debug, Serialize)]
struct Percentiles {
    #[serde(skip_serializing_if = "Option::is_none")]
    p50_wait_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p99_wait_ns: Option<u64>,
    p50_hold_ns: u64,
    p99_hold_ns: u64,
}

#[derive(Debug, Serialize)]
struct Figures {
    acquisitions: u64,
    contended: u64,
    wait_ns: u64,
    hold_ns: u64,
    max_wait_ns: u64,
    max_hold_ns: u64,
    mean_wait_ns: u64,
    mean_hold_ns: u64,
}

#[derive(Debug, Serialize)]
struct LockSite {
    site: u32,
    mode: Mode,
    #[serde(flatten)]
    figures: Figures,
    blocked_others_ns: u64,
}

#[derive(Debug, Serialize)]
struct Condvar<'a> {
    id: u32,
    #[serde(flatten)]
    origin: Origin<'a>,
    #[serde(flatten)]
    total: Sleeps,
    sites: List<'a, CondvarSiteReport, CondvarSite>,
    #[serde(skip_serializing_if = "List::is_empty")]
    waiting_at_end: List<'a, EndReport, End>,
}

#[derive(Debug, Serialize)]
struct Sleeps {
    waits: u64,
    timeouts: u64,
    notify_one: u64,
    notify_all: u64,
    wait_ns: u64,
    max_wait_ns: u64,
    mean_wait_ns: u64,
}

#[derive(Debug, Serialize)]
struct CondvarSite {
    site: u32,
    #[serde(flatten)]
    figures: Sleeps,
}

/// Who holds something, or waits for it, when the trace ends.
#[derive(Debug, Serialize)]
struct End {
    thread: u32,
    thread_ended: bool,
    site: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<Mode>,
    since_ns: u64,
}

/// What cannot have happened as the trace tells it.
#[derive(Debug, Serialize)]
struct Violation {
    event: u64,
    thread: u32,
    time_ns: u64,
    problem: String,
}

impl<'a> Document<'a> {
    /// The version of the keys. It grows when one goes or means something else; new ones may come without.
    pub const VERSION: u32 = 3;

    /// The document about a report.
    ///
    /// # Examples
    /// ```
    /// # fn show(report: &threadlink_analysis::Report) -> serde_json::Result<()> {
    /// println!("{}", serde_json::to_string(&threadlink_analysis::Document::of(report))?);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn of(report: &'a Report) -> Self {
        let Tables { places, thread_names } = Tables::of(report);
        let lock_waits_ns = report.lock_waits_ns();
        let whole = Whole {
            duration_ns: report.duration_ns,
            lock_waits_ns,
        };
        Self {
            version: Self::VERSION,
            events: report.events,
            threads: report.threads,
            died: report.died,
            duration_ns: report.duration_ns,
            truncated: report.truncated,
            places,
            thread_names,
            thread_times: List(&report.thread_times, ThreadTimes::of),
            lock_waits_ns,
            never_contended: report.never_contended(),
            locks: Within(whole, &report.locks, Lock::of),
            groups: List(&report.groups, Group::of),
            condvars: List(&report.condvars, Condvar::of),
            deadlocks: Deadlocks::of(&report.deadlocks),
            violations: List(&report.violations, Violation::of),
            warnings: &report.warnings,
        }
    }
}

impl Violation {
    fn of(violation: &trace::Violation) -> Self {
        Self {
            event: violation.index,
            thread: violation.event.thread,
            time_ns: violation.event.time,
            problem: violation.to_string(),
        }
    }
}

impl<'a> Lock<'a> {
    fn of(whole: &Whole, lock: &'a LockReport) -> Self {
        let waited = lock.waited_ns();
        Self {
            id: lock.origin.address,
            origin: Origin::of(&lock.origin),
            total: Figures::of(&lock.total),
            percentiles: Percentiles::of(&lock.percentiles(), &lock.total),
            held_ns: lock.held_ns,
            held_share: share(lock.held_ns, whole.duration_ns),
            wait_share: (waited > 0).then(|| share(waited, whole.lock_waits_ns)),
            writes: lock.writes.as_deref().map(Figures::of),
            reads: lock.reads.as_deref().map(Figures::of),
            sites: List(&lock.sites, LockSite::of),
            held_at_end: lock.held_at_end.as_deref().map(End::of),
            read_at_end: List(&lock.read_at_end, End::of),
            waiting_at_end: List(&lock.waiting_at_end, End::of),
            contention: lock.contention.as_deref().map(Contention::of),
        }
    }
}

impl<'a> Group<'a> {
    fn of(group: &'a GroupReport) -> Self {
        Self {
            made: group.made.address,
            name: group.name.as_deref().map(cut),
            locks: group.locks,
            never_contended: group.never_contended,
            worst: group.worst,
            total: Figures::of(&group.total),
            percentiles: Percentiles::of(&group.percentiles, &group.total),
        }
    }
}

impl Percentiles {
    /// Most locks are never waited for.
    fn of(sizes: &crate::report::Percentiles, total: &LockFigures) -> Self {
        let wait = |size| (total.max_wait_ns > 0).then_some(size);
        Self {
            p50_wait_ns: wait(sizes.p50_wait_ns),
            p99_wait_ns: wait(sizes.p99_wait_ns),
            p50_hold_ns: sizes.p50_hold_ns,
            p99_hold_ns: sizes.p99_hold_ns,
        }
    }
}

impl Figures {
    fn of(part: &LockFigures) -> Self {
        Self {
            acquisitions: part.acquisitions,
            contended: part.contended,
            wait_ns: part.wait_ns,
            hold_ns: part.hold_ns,
            max_wait_ns: part.max_wait_ns,
            max_hold_ns: part.max_hold_ns,
            mean_wait_ns: part.mean_wait_ns,
            mean_hold_ns: part.mean_hold_ns,
        }
    }
}

impl LockSite {
    fn of(site: &SiteReport) -> Self {
        Self {
            site: site.place.site,
            mode: Mode::of(site.mode),
            figures: Figures::of(&site.figures),
            blocked_others_ns: site.blocked_others_ns,
        }
    }
}

impl<'a> Condvar<'a> {
    fn of(condvar: &'a CondvarReport) -> Self {
        Self {
            id: condvar.origin.address,
            origin: Origin::of(&condvar.origin),
            total: Sleeps::of(&condvar.total),
            sites: List(&condvar.sites, CondvarSite::of),
            waiting_at_end: List(&condvar.waiting_at_end, End::of),
        }
    }
}

impl Sleeps {
    fn of(part: &CondvarFigures) -> Self {
        Self {
            waits: part.waits,
            timeouts: part.timeouts,
            notify_one: part.notify_one,
            notify_all: part.notify_all,
            wait_ns: part.wait_ns,
            max_wait_ns: part.max_wait_ns,
            mean_wait_ns: part.mean_wait_ns,
        }
    }
}

impl CondvarSite {
    fn of(site: &CondvarSiteReport) -> Self {
        Self {
            site: site.place.site,
            figures: Sleeps::of(&site.figures),
        }
    }
}

impl End {
    fn of(end: &EndReport) -> Self {
        Self {
            thread: end.thread,
            thread_ended: end.thread_ended,
            site: end.place.site,
            mode: end.mode.map(Mode::of),
            since_ns: end.since_ns,
        }
    }
}
