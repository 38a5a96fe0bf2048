//! What a deadlock looks like from outside: the report, and how it is made of a record and of what its numbers mean.

use std::collections::HashSet;

use super::names::{LockOrigin, Names, ThreadLabel};
use super::record::{Deadlock, DeadlockEdge, HeldLock, Waits};
use crate::event::Mode;
use crate::site::Site;

/// Threads that wait for each other in a circle, or for one that has died; or all threads that are left, when one of
/// them waits for a condition variable ([`Waiting::Condvar`]) or at an address ([`Waiting::Address`]) and none can wake
/// it.
///
/// Its `Display` is the text that ends a run and that stands in the report on a trace.
///
/// # Examples
/// ```
/// # fn show(report: &threadlink_trace::DeadlockReport) {
/// for edge in &report.edges {
///     println!("{}: {:?}", edge.thread, edge.waits);
/// }
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct DeadlockReport {
    /// Each thread waits for what the next one has; the last one for what the first one has, or the last one
    /// does not wait ([`Waiting::Never`]). A thread that wants to read may also wait for one that wants to write the
    /// same lock and came first.
    pub edges: Vec<ReportEdge>,
    /// How many threads more wait than `edges` shows.
    pub more: u64,
    /// What is known of the locks and condition variables in it, each once.
    pub locks: Vec<LockOrigin>,
}

/// One thread of a deadlock.
///
/// # Examples
/// ```
/// # fn show(edge: &threadlink_trace::ReportEdge) {
/// if let Some(hold) = &edge.holds
///     && let Some(taken) = &hold.taken
/// {
///     println!("{} took {:#x} at {taken}", edge.thread, hold.lock);
/// }
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ReportEdge {
    /// The thread.
    pub thread: ThreadLabel,
    /// The lock that it holds and the one before it waits for. `None` where the one before joins this thread, or wants
    /// to read what this one wants to write.
    pub holds: Option<Hold>,
    /// What it waits for itself.
    pub waits: Waiting,
    /// The lines of a backtrace, for a wait whose place is not known. A trace keeps none.
    pub places: Vec<String>,
}

/// A lock that a thread of a deadlock holds.
///
/// # Examples
/// ```
/// # fn show(hold: &threadlink_trace::Hold) {
/// if hold.mode == Some(threadlink_trace::Mode::Shared) {
///     println!("{:#x} is read", hold.lock);
/// }
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Hold {
    /// The lock's address.
    pub lock: u32,
    /// What for; `None` for a lock that nobody reads, such as a mutex.
    pub mode: Option<Mode>,
    /// Where it was taken.
    pub taken: Option<Site>,
}

/// What a thread of a deadlock waits for.
///
/// # Examples
/// ```
/// let waiting = threadlink_trace::Waiting::Died;
/// assert!(!matches!(waiting, threadlink_trace::Waiting::Never));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Waiting {
    /// For this lock, at this place.
    Lock(u32, Option<Site>),
    /// For this read-write lock, to read, at this place.
    Read(u32, Option<Site>),
    /// For this read-write lock, to write, at this place.
    Write(u32, Option<Site>),
    /// For a notification of this condition variable, at this place.
    Condvar(u32, Option<Site>),
    /// To be woken at this address of guest memory, at this place: parked, or at a channel, a barrier or the like.
    Address(u32, Option<Site>),
    /// For the end of this thread, joined at this place.
    Thread(ThreadLabel, Option<Site>),
    /// For nothing: it has died, and what it held stays locked.
    Died,
    /// For nothing: it has returned without releasing the lock.
    Never,
}

impl DeadlockReport {
    /// The report on what was recorded.
    ///
    /// # Examples
    /// ```
    /// # fn show(record: &threadlink_trace::Deadlock, names: &dyn threadlink_trace::Names) {
    /// print!("{}", threadlink_trace::DeadlockReport::resolve(record, names));
    /// # }
    /// ```
    #[must_use]
    pub fn resolve(record: &Deadlock, names: &dyn Names) -> Self {
        let resolver = Resolver {
            names,
            read: locks_read_in(record),
        };
        let edges: Vec<ReportEdge> = record.edges.iter().map(|edge| resolver.edge(edge)).collect();
        let mut seen = HashSet::new();
        let locks = edges
            .iter()
            .flat_map(|edge| edge.holds.iter().map(|hold| hold.lock).chain(edge.waits.lock()))
            .filter(|&address| seen.insert(address))
            .map(|address| names.lock(address))
            .collect();
        Self {
            edges,
            more: record.more,
            locks,
        }
    }
}

impl Waiting {
    /// The address of the lock or condition variable that it is about.
    fn lock(&self) -> Option<u32> {
        match self {
            Self::Lock(address, _)
            | Self::Read(address, _)
            | Self::Write(address, _)
            | Self::Condvar(address, _) => Some(*address),
            Self::Address(..) | Self::Thread(..) | Self::Died | Self::Never => None,
        }
    }

    /// Where in the source it waits, if that is known.
    pub(super) fn site(&self) -> Option<&Site> {
        match self {
            Self::Lock(_, site)
            | Self::Read(_, site)
            | Self::Write(_, site)
            | Self::Condvar(_, site)
            | Self::Address(_, site)
            | Self::Thread(_, site) => site.as_ref(),
            Self::Died | Self::Never => None,
        }
    }
}

/// The locks that somebody reads, or wants to, in the record itself.
fn locks_read_in(record: &Deadlock) -> HashSet<u32> {
    let mut read = HashSet::new();
    for edge in &record.edges {
        if let Some(held) = edge.holds.filter(|held| held.mode == Mode::Shared) {
            read.insert(held.lock);
        }
        if let Waits::Lock {
            lock,
            mode: Mode::Shared,
            ..
        } = edge.waits
        {
            read.insert(lock);
        }
    }
    read
}

/// Turns the numbers of a record into names and places.
struct Resolver<'a> {
    names: &'a dyn Names,
    /// Locks that are known to be read.
    read: HashSet<u32>,
}

impl Resolver<'_> {
    fn edge(&self, edge: &DeadlockEdge) -> ReportEdge {
        ReportEdge {
            thread: self.thread(edge.thread),
            holds: edge.holds.map(|HeldLock { lock, site, mode }| Hold {
                lock,
                mode: self.told(lock, mode),
                taken: self.names.site(site),
            }),
            waits: self.waits(edge),
            places: Vec::new(),
        }
    }

    fn waits(&self, edge: &DeadlockEdge) -> Waiting {
        let site = |address| self.names.site(address);
        match edge.waits {
            Waits::Lock { lock, site: at, mode } => match self.told(lock, mode) {
                None => Waiting::Lock(lock, site(at)),
                Some(Mode::Shared) => Waiting::Read(lock, site(at)),
                Some(Mode::Exclusive) => Waiting::Write(lock, site(at)),
            },
            Waits::Condvar { condvar, site: at } => Waiting::Condvar(condvar, site(at)),
            Waits::Address { address, site: at } => Waiting::Address(address, site(at)),
            Waits::Thread { thread, site: at } => Waiting::Thread(self.thread(thread), site(at)),
            Waits::Dead if self.names.has_died(edge.thread) => Waiting::Died,
            Waits::Dead => Waiting::Never,
        }
    }

    fn thread(&self, id: u32) -> ThreadLabel {
        ThreadLabel::new(id, self.names.thread_name(id))
    }

    /// What a lock is held or waited for, if that is worth telling.
    fn told(&self, lock: u32, mode: Mode) -> Option<Mode> {
        let read = mode == Mode::Shared || self.read.contains(&lock) || self.names.was_read(lock);
        read.then_some(mode)
    }
}
