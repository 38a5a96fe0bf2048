//! The parts of a report: what is counted of a lock, and where.

use std::sync::Arc;

use threadlink_trace::{LockOrigin, Mode, Site, Violation};

use crate::contention::LockContention;
use crate::findings::Deadlocks;
use crate::lives::ThreadReport;
use crate::place::Place;

/// What a trace says about a program's locks.
///
/// Its `Display` is a text with tables; [`Document`](crate::Document) is the JSON. Both are the same for the same trace.
/// All times are nanoseconds.
///
/// # What is counted
/// - *Wait* is the time from a `Request` to its `Acquire`, if another thread had the lock meanwhile; else it is 0, as what
///   recording takes is no wait, and so it is for a `try_lock`. A wait that isn't over when the trace ends counts in
///   [`waiting_at_end`](LockReport::waiting_at_end), in [`contention`](LockReport::contention) and in
///   [`thread_times`](Report::thread_times), and nowhere else.
/// - *Hold* is the time from an `Acquire` to its `Release`. A hold that isn't over when the trace ends counts
///   nowhere but in [`held_at_end`](LockReport::held_at_end) or [`read_at_end`](LockReport::read_at_end), and in
///   [`held_ns`](LockReport::held_ns). The holds of threads that read at the same time are all counted.
/// - An acquisition is *contended* if another thread held the lock when it was requested. The wait for a lock that
///   several threads read counts as caused by the one that had read it longest.
/// - Locks are told apart by their address, and where the trace has them by name and by the place where they were made.
///   Locks that stood at the same address one after the other and have the same name and place are one here.
///
/// # Examples
/// ```
/// use threadlink_analysis::Report;
/// use threadlink_trace::{AcquireOp, EventKind, Mode, Trace, TraceWriter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("run.trace");
/// let writer = TraceWriter::create(&path)?;
/// writer.define_site(7, "src/main.rs", 12, 20);
/// let (main, lock, site, mode) = (writer.recorder(0), 0x1000, 7, Mode::Exclusive);
/// main.record(1, EventKind::Start);
/// main.record(10, EventKind::Request { lock, site, contended: false, mode });
/// main.record(12, EventKind::Acquire { lock, site, op: AcquireOp::Blocking, mode });
/// main.record(40, EventKind::Release { lock, mode });
/// writer.finish()?;
///
/// let report = Report::of(&Trace::open(&path)?);
/// let total = &report.locks[0].total;
/// assert_eq!((total.wait_ns, total.hold_ns), (0, 28));
/// assert!(report.to_string().contains("src/main.rs:12:20"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Report {
    /// Number of events.
    pub events: u64,
    /// Number of threads.
    pub threads: u64,
    /// Number of threads that died.
    pub died: u64,
    /// Time of the last event, in nanoseconds since the start of the run.
    pub duration_ns: u64,
    /// Whether the trace ends early.
    pub truncated: bool,
    /// All threads, ascending by number: what their time went for.
    pub thread_times: Vec<ThreadReport>,
    /// All locks that were requested or acquired, most waited for first.
    pub locks: Vec<LockReport>,
    /// The places where several of them were made, most waited for first.
    pub groups: Vec<GroupReport>,
    /// All condition variables that were waited for or notified, most waited for first.
    pub condvars: Vec<CondvarReport>,
    /// The deadlocks that the run met, and those that it could have met.
    pub deadlocks: Deadlocks,
    /// What cannot have happened as the trace tells it, by [`validate`](threadlink_trace::validate): where there is
    /// something, the figures may be wrong.
    pub violations: Vec<Violation>,
    /// What to keep in mind about this report, in sentences.
    pub warnings: Vec<String>,
}

/// One lock.
///
/// # Examples
/// ```
/// # fn show(lock: &threadlink_analysis::LockReport) {
/// println!("{} was acquired {} times", lock.origin, lock.total.acquisitions);
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LockReport {
    /// Which lock.
    pub origin: LockOrigin,
    /// All that was done with it.
    pub total: LockFigures,
    /// The sizes of its waits and holds, if any is over.
    pub(crate) percentiles: Option<Box<Percentiles>>,
    /// How long somebody held it, be it one thread or several that read it, up to the end of the trace. In one that was cut off, who
    /// holds it at the end is known to do so up to its last event.
    pub held_ns: u64,
    /// The part of `total` that is about writing, if it is a read-write lock that somebody read.
    pub writes: Option<Box<LockFigures>>,
    /// The part that is about reading, likewise.
    pub reads: Option<Box<LockFigures>>,
    /// Where it was acquired, most waited at first.
    pub sites: Vec<SiteReport>,
    /// Who holds it when the trace ends, for itself alone.
    pub held_at_end: Option<Box<EndReport>>,
    /// Who holds it for reading when the trace ends, in the order in which they got it.
    pub read_at_end: Vec<EndReport>,
    /// Who waits for it when the trace ends, in the order in which they began to.
    pub waiting_at_end: Vec<EndReport>,
    /// Who waited for it and because of whom, and what its holders waited for; `None` if nobody did.
    pub contention: Option<Box<LockContention>>,
}

impl LockReport {
    /// Whether nobody ever waited for it.
    ///
    /// # Examples
    /// ```
    /// # fn show(report: &threadlink_analysis::Report) {
    /// let idle = report.locks.iter().filter(|lock| lock.is_never_contended());
    /// println!("nobody waited for {} locks", idle.count());
    /// # }
    /// ```
    #[must_use]
    pub fn is_never_contended(&self) -> bool {
        let waiters = self
            .contention
            .as_ref()
            .map(|contention| contention.waiters.len());
        self.total.contended == 0 && waiters.unwrap_or(0) == 0
    }

    /// The sizes of its waits and holds.
    ///
    /// # Examples
    /// ```
    /// # fn show(lock: &threadlink_analysis::LockReport) {
    /// assert!(lock.percentiles().p99_hold_ns <= lock.total.max_hold_ns);
    /// # }
    /// ```
    #[must_use]
    pub fn percentiles(&self) -> Percentiles {
        self.percentiles.as_deref().copied().unwrap_or_default()
    }

    /// What all threads together waited for it, up to the end of the trace.
    ///
    /// # Examples
    /// ```
    /// # fn show(lock: &threadlink_analysis::LockReport) {
    /// assert!(lock.waited_ns() >= lock.total.wait_ns);
    /// # }
    /// ```
    #[must_use]
    pub fn waited_ns(&self) -> u64 {
        self.contention
            .as_ref()
            .map_or(0, |contention| contention.wait_ns())
    }
}

/// The sizes of waits and holds: what half of them, and 99 of a hundred, are not above. Sizes are kept to one part in 32, so each
/// of these is at most 3.2 % above the true one, and never above the longest. Times are nanoseconds.
///
/// # Examples
/// ```
/// # fn show(lock: &threadlink_analysis::LockReport) {
/// let sizes = lock.percentiles();
/// assert!(sizes.p50_wait_ns <= sizes.p99_wait_ns && sizes.p99_wait_ns <= lock.total.max_wait_ns);
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Percentiles {
    /// Half of the acquisitions waited no longer; those that didn't wait are among them.
    pub p50_wait_ns: u64,
    /// 99 of a hundred acquisitions waited no longer.
    pub p99_wait_ns: u64,
    /// Half of the holds were no longer.
    pub p50_hold_ns: u64,
    /// 99 of a hundred holds were no longer.
    pub p99_hold_ns: u64,
}

/// Several locks that were made at one place: the elements of a vector, or the field of many values.
///
/// # Examples
/// ```
/// # fn show(report: &threadlink_analysis::Report) {
/// for group in &report.groups {
///     let worst = &report.locks[group.worst];
///     println!("{} locks made at {}, the worst is {}", group.locks, group.made, worst.origin);
/// }
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct GroupReport {
    /// Where they were made.
    pub made: Site,
    /// What they are called, if all are called that.
    pub name: Option<Arc<str>>,
    /// How many there are, two at least.
    pub locks: u64,
    /// How many of them nobody waited for.
    pub never_contended: u64,
    /// All that was done with them.
    pub total: LockFigures,
    /// The sizes of all their waits and holds.
    pub percentiles: Percentiles,
    /// The place in [`Report::locks`] of the one that was waited for most.
    pub worst: usize,
}

/// What was done with a lock, or with part of it: at one place, or for reading. Times are nanoseconds.
///
/// # Examples
/// ```
/// # fn show(part: &threadlink_analysis::LockFigures) {
/// assert!(part.mean_wait_ns <= part.max_wait_ns);
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LockFigures {
    /// How often it was acquired.
    pub acquisitions: u64,
    /// How often it was acquired after a wait for another thread.
    pub contended: u64,
    /// Sum of the waits.
    pub wait_ns: u64,
    /// Sum of the times it was held.
    pub hold_ns: u64,
    /// Longest wait.
    pub max_wait_ns: u64,
    /// Longest time it was held.
    pub max_hold_ns: u64,
    /// `wait_ns` per acquisition, rounded down.
    pub mean_wait_ns: u64,
    /// `hold_ns` per release, rounded down.
    pub mean_hold_ns: u64,
}

/// What was done with one lock at one place in the source. Times are nanoseconds.
///
/// # Examples
/// ```
/// # fn show(site: &threadlink_analysis::SiteReport) {
/// println!("{}: others waited {} ns", site.place, site.blocked_others_ns);
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SiteReport {
    /// The place.
    pub place: Place,
    /// What for.
    pub mode: Mode,
    /// What was done with it after it was acquired here, or asked for.
    pub figures: LockFigures,
    /// Sum of the waits of threads that began to wait while the lock was held after it was acquired here.
    pub blocked_others_ns: u64,
}

/// One condition variable.
///
/// # Examples
/// ```
/// # fn show(condvar: &threadlink_analysis::CondvarReport) {
/// println!("{} was notified {} times", condvar.origin, condvar.total.notify_one);
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CondvarReport {
    /// Which one.
    pub origin: LockOrigin,
    /// All that was done with it.
    pub total: CondvarFigures,
    /// Where threads waited and notified, most waited at first.
    pub sites: Vec<CondvarSiteReport>,
    /// Who waits when the trace ends, in the order in which they began to.
    pub waiting_at_end: Vec<EndReport>,
}

/// What was done with a condition variable, or at one place with it. Times are nanoseconds from the beginning of a wait to
/// its end; the time to get the mutex again is not in them but in the mutex's.
///
/// # Examples
/// ```
/// # fn show(part: &threadlink_analysis::CondvarFigures) {
/// assert!(part.timeouts <= part.waits);
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CondvarFigures {
    /// How many waits are over.
    pub waits: u64,
    /// How many of these ended because the time was over.
    pub timeouts: u64,
    /// How often one waiting thread was notified.
    pub notify_one: u64,
    /// How often all waiting threads were notified.
    pub notify_all: u64,
    /// Sum of the waits that are over.
    pub wait_ns: u64,
    /// The longest of them.
    pub max_wait_ns: u64,
    /// `wait_ns` per wait, rounded down.
    pub mean_wait_ns: u64,
}

/// What was done with one condition variable at one place in the source.
///
/// # Examples
/// ```
/// # fn show(site: &threadlink_analysis::CondvarSiteReport) {
/// println!("{}: {} waits", site.place, site.figures.waits);
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CondvarSiteReport {
    /// The place.
    pub place: Place,
    /// What was done here.
    pub figures: CondvarFigures,
}

/// A thread that holds a lock, or waits for it, when the trace ends.
///
/// # Examples
/// ```
/// # fn show(end: &threadlink_analysis::EndReport) {
/// println!("thread {} since {} ns, at {}", end.thread, end.since_ns, end.place);
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct EndReport {
    /// The thread.
    pub thread: u32,
    /// Its name.
    pub thread_name: Option<Arc<str>>,
    /// Whether it has ended: it died, or returned with the lock held.
    pub thread_ended: bool,
    /// Where it acquired the lock, or asks for it.
    pub place: Place,
    /// What for; `None` for a condition variable.
    pub mode: Option<Mode>,
    /// Since when, in nanoseconds since the start of the run.
    pub since_ns: u64,
}

/// What the host records of a hold that began and ended between two times of its clock, which is set every millisecond.
const COARSE_HOLD_NS: u64 = 2;
/// A run that is no longer has no such holds.
const COARSE_CLOCK_NS: u64 = 1_000_000;

impl Report {
    /// Whether most holds of a lock are shorter than what the recorder's clock tells apart.
    pub(crate) fn has_coarse_holds(&self) -> bool {
        let is_coarse = |lock: &LockReport| {
            lock.total.hold_ns > 0 && (1..=COARSE_HOLD_NS).contains(&lock.percentiles().p50_hold_ns)
        };
        self.duration_ns > COARSE_CLOCK_NS && self.locks.iter().any(is_coarse)
    }

    /// How many locks nobody waited for.
    ///
    /// # Examples
    /// ```
    /// # fn show(report: &threadlink_analysis::Report) {
    /// println!("{} of {} locks were waited for by nobody", report.never_contended(), report.locks.len());
    /// # }
    /// ```
    #[must_use]
    pub fn never_contended(&self) -> u64 {
        let idle = self.locks.iter().filter(|lock| lock.is_never_contended());
        idle.count() as u64
    }

    /// What all threads together waited for locks.
    ///
    /// # Examples
    /// ```
    /// # fn show(report: &threadlink_analysis::Report) {
    /// assert!(report.locks.iter().all(|lock| lock.waited_ns() <= report.lock_waits_ns()));
    /// # }
    /// ```
    #[must_use]
    pub fn lock_waits_ns(&self) -> u64 {
        let waits = self.thread_times.iter().map(|thread| thread.lock_wait_ns);
        waits.fold(0, u64::saturating_add)
    }
}
