//! What is known of a trace that was read: [`Trace`].

use std::path::PathBuf;
use std::sync::Arc;

use super::attention::Attention;
use super::error::ReadError;
use super::source::Source;
use crate::deadlock::Deadlock;
use crate::event::EndKind;
use crate::site::Site;

/// A trace, checked: its events are decoded as [`events`](Trace::events) yields them, out of the file that was
/// [`open`](Trace::open)ed, which stays open, or out of memory where it was [`read`](Trace::read) from a stream. Memory beside
/// that is in proportion to threads, locks and places, not to events.
///
/// # Files that change
/// Events are read from the file again each time. If it was changed or can't be read any more, readings end early, and
/// [`unchanged`](Trace::unchanged) says so: whoever makes something of events asks when it is through.
///
/// # Truncated traces
/// A trace whose writer was killed, whose disk was full, or that had a limit, ends early. It is read up to its last whole chunk;
/// [`truncated`](Trace::truncated) says so. Of every thread it then holds the first events, up to some point of
/// that thread's own: one thread's events may end long before another's. Nothing is cut to a common point, for a
/// thread that waits has an early last event, and much would be lost. Instead, whoever looks at the events has to
/// take into account that a thread without [`ended`](ThreadInfo::ended) may have done more after its
/// [`last`](ThreadInfo::last) event: released its locks, for one. [`validate`](crate::validate) does.
///
/// # Examples
/// ```
/// use threadlink_trace::{EventKind, Trace, TraceWriter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("run.trace");
/// let writer = TraceWriter::create(&path)?;
/// let (main, child) = (writer.recorder(0), writer.recorder(1));
/// main.record(10, EventKind::Start);
/// main.record(20, EventKind::Fork { child: 1 });
/// child.record(30, EventKind::Start);
/// writer.finish()?;
///
/// let trace = Trace::open(&path)?;
/// assert!(!trace.truncated());
/// let times: Vec<u64> = trace.events().map(|event| event.time).collect();
/// assert_eq!(times, [10, 20, 30]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Trace {
    /// Of the file's format.
    pub(super) version: u16,
    pub(super) source: Source,
    /// The file, for errors.
    pub(super) path: Option<PathBuf>,
    /// Bytes that the longest event takes.
    pub(super) longest: usize,
    /// The threads with events, in the order of the first of these.
    pub(super) streams: Vec<Stream>,
    pub(super) events: u64,
    /// Ascending by id.
    pub(super) threads: Vec<ThreadInfo>,
    /// Ascending by address.
    pub(super) sites: Vec<Site>,
    /// Ascending by address and time.
    pub(super) locks: Vec<LockInfo>,
    pub(super) deadlocks: Vec<Deadlock>,
    pub(super) truncated: bool,
    pub(super) warnings: Vec<String>,
    pub(super) attention: Attention,
}

/// Where the events of a run are in the source, and how many. No chunk is large enough for more than the numbers are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) at: u64,
    pub(super) bytes: u32,
    pub(super) events: u32,
}

/// The events of one thread.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) thread: u32,
    /// Time of the first event.
    pub(super) first: u64,
    /// In the order of the file, which is the order in which the thread did them.
    pub(super) runs: Vec<Run>,
}

/// What a trace knows of a thread.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ThreadInfo {
    /// The thread's number; 0 is the main thread.
    pub id: u32,
    /// Its name, if it has one.
    pub name: Option<Arc<str>>,
    /// Who started it, if known.
    pub parent: Option<u32>,
    /// Number of its events.
    pub events: u64,
    /// Time of its first event, in nanoseconds since the start of the run.
    pub first: Option<u64>,
    /// Time of its last event, in nanoseconds since the start of the run.
    pub last: Option<u64>,
    /// How it ended; `None` if it was still running at the end of the trace.
    pub ended: Option<EndKind>,
}

/// What an address in guest memory means from some time on: a lock, or a condition variable.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LockInfo {
    /// The address by which events name it.
    pub addr: u32,
    /// From when on this holds, until the next one of the same address: nanoseconds since the start of the run.
    pub since: u64,
    /// The number of this lock or condition variable, which no other one of the run has; 0 if that is not known.
    pub instance: u32,
    /// When it is known to be no more.
    pub ended: Option<u64>,
    /// The site where it was made; 0 if that is not known.
    pub made: u32,
    /// Its name, if it has one.
    pub name: Option<Arc<str>>,
}

impl Trace {
    /// How many events there are.
    #[must_use]
    pub fn event_count(&self) -> u64 {
        self.events
    }

    /// All threads that have events or a definition, ascending by id.
    #[must_use]
    pub fn threads(&self) -> &[ThreadInfo] {
        &self.threads
    }

    /// The thread with this id.
    #[must_use]
    pub fn thread(&self, id: u32) -> Option<&ThreadInfo> {
        let index = self.threads.binary_search_by_key(&id, |thread| thread.id);
        index.ok().map(|index| &self.threads[index])
    }

    /// All sites that are defined, ascending by address.
    #[must_use]
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// The site that events call `addr`, if it is defined.
    #[must_use]
    pub fn site(&self, addr: u32) -> Option<&Site> {
        let index = self.sites.binary_search_by_key(&addr, |site| site.address);
        index.ok().map(|index| &self.sites[index])
    }

    /// What addresses of locks and condition variables mean, ascending by address and time.
    #[must_use]
    pub fn locks(&self) -> &[LockInfo] {
        &self.locks
    }

    /// What the address of a lock or condition variable means at this time, if the trace says so.
    #[must_use]
    pub fn lock(&self, addr: u32, time: u64) -> Option<&LockInfo> {
        let after = self
            .locks
            .partition_point(|info| (info.addr, info.since) <= (addr, time));
        self.locks[..after].last().filter(|info| info.addr == addr)
    }

    /// The deadlocks that the run found, in the order in which it did. They have 4096 edges at most, all together: those
    /// left out are counted in [`Deadlock::more`], and deadlocks after these are left out, with a warning.
    #[must_use]
    pub fn deadlocks(&self) -> &[Deadlock] {
        &self.deadlocks
    }

    /// Whether the trace ends early; see [above](Trace#truncated-traces).
    #[must_use]
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    /// Whether all that was read of the events so far was as it had been when the trace was first read.
    ///
    /// # Errors
    /// If it was not: the file has been changed, or could not be read.
    pub fn unchanged(&self) -> Result<(), ReadError> {
        let Some(failure) = self.source.failure() else {
            return Ok(());
        };
        let error = ReadError::from(failure);
        Err(match &self.path {
            Some(path) => error.in_file(path),
            None => error,
        })
    }

    /// Says how far the events have been read, and can end that.
    #[must_use]
    pub fn attention(&self) -> Attention {
        self.attention.clone()
    }

    /// What a reader of any analysis of this trace should know, in sentences.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}
