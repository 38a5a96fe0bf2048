//! What a deadlock looks like from outside: the report, its text, and how it is made of threads and what they wait for.

use std::fmt;

use threadlink_trace as trace;
use threadlink_trace::{Mode, Site};

use super::super::Run;
use super::super::threads::{Thread, Wait};
use crate::guest::lock::{self, OriginWords};
use crate::guest::site;

/// Threads that wait for each other in a circle, or for one that has died; or all threads that are left, when one of
/// them waits for a condition variable ([`Waiting::Condvar`]) and none can notify.
///
/// ```no_run
/// # fn show(report: &threadlink_host::DeadlockReport) {
/// for edge in &report.edges {
///     println!("{}: {:?}", edge.thread, edge.waits);
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeadlockReport {
    /// Each thread waits for what the next one has; the last one for what the first one has, or the last one
    /// does not wait ([`Waiting::Never`]). A thread that wants to read may also wait for one that wants to write the
    /// same lock and came first.
    pub edges: Vec<DeadlockEdge>,
    /// How many threads more wait than `edges` shows.
    pub more: usize,
    /// What is known of the locks and condition variables in it, each once.
    pub locks: Vec<LockOrigin>,
}

/// A lock or condition variable of a deadlock: what it is called, and where it was made.
///
/// ```no_run
/// # fn show(report: &threadlink_host::DeadlockReport) {
/// for lock in &report.locks {
///     println!("{:#x} is {}", lock.address, lock.name.as_deref().unwrap_or("nameless"));
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LockOrigin {
    /// Its address in guest memory.
    pub address: u32,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Where it was made, if that is known.
    pub made: Option<Site>,
}

impl fmt::Display for LockOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name} ")?;
        }
        write!(f, "{:#x}", self.address)
    }
}

/// One thread of a deadlock.
///
/// ```no_run
/// # fn show(edge: &threadlink_host::DeadlockEdge) {
/// if let Some((lock, Some(site))) = &edge.holds {
///     println!("{} took {lock:#x} at {site}", edge.thread);
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeadlockEdge {
    /// The thread's id.
    pub id: u32,
    /// The thread as messages show it: `'name'` or `#7`.
    pub thread: String,
    /// The lock that it holds and the one before it waits for, and where it was taken. `None` where the one
    /// before joins this thread, or wants to read what this one wants to write.
    pub holds: Option<(u32, Option<Site>)>,
    /// Whether it holds that lock for reading.
    pub holds_for_reading: bool,
    /// What it waits for itself.
    pub waits: Waiting,
    /// What it holds the lock for, in words; empty for a lock that nobody read.
    held_for: &'static str,
    raw: trace::DeadlockEdge,
}

/// What a thread of a deadlock waits for.
///
/// ```
/// let waiting = threadlink_host::Waiting::Died;
/// assert!(!matches!(waiting, threadlink_host::Waiting::Never));
/// ```
#[derive(Debug, Clone)]
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
    /// For the end of this thread (as messages show it), joined at this place.
    Thread(String, Option<Site>),
    /// For nothing: it has died, and what it held stays locked.
    Died,
    /// For nothing: it has returned without releasing the lock.
    Never,
}

impl DeadlockReport {
    pub(in crate::run) fn new(run: &Run, edges: Vec<DeadlockEdge>, more: usize) -> Self {
        let mut locks: Vec<LockOrigin> = Vec::new();
        for edge in &edges {
            let held = edge.holds.iter().map(|(lock, _)| *lock);
            for address in held.chain(edge.waits.lock()) {
                if locks.iter().all(|known| known.address != address) {
                    locks.push(origin(run, address));
                }
            }
        }
        Self { edges, more, locks }
    }

    /// A lock as its text shows it.
    fn label(&self, address: u32) -> String {
        let known = self.locks.iter().find(|lock| lock.address == address);
        known.map_or_else(|| format!("{address:#x}"), ToString::to_string)
    }

    /// As the trace keeps it.
    pub(in crate::run) fn to_trace(&self) -> trace::Deadlock {
        trace::Deadlock {
            edges: self.edges.iter().map(|edge| edge.raw).collect(),
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
            Self::Thread(..) | Self::Died | Self::Never => None,
        }
    }
}

impl fmt::Display for DeadlockReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |f: &mut fmt::Formatter<'_>, word: &str, site: &Option<Site>| match site {
            Some(site) => write!(f, " {word} {site}"),
            None => Ok(()),
        };
        let condvar = |edge: &DeadlockEdge| matches!(edge.waits, Waiting::Condvar(..));
        match self.edges.as_slice() {
            [_] if self.edges.iter().any(condvar) => {
                writeln!(
                    f,
                    "deadlock: the only thread left waits, and none is left to notify it"
                )?;
            }
            edges if edges.iter().any(condvar) => writeln!(
                f,
                "deadlock: all {} threads wait, and none is left to notify",
                edges.len() + self.more
            )?,
            [.., last] if matches!(last.waits, Waiting::Died | Waiting::Never) => {
                writeln!(f, "deadlock: a thread waits for a lock whose owner is gone")?;
            }
            [_] => writeln!(f, "deadlock: a thread waits for itself")?,
            edges => writeln!(
                f,
                "deadlock: {} threads wait for each other, and none can go on",
                edges.len()
            )?,
        }
        for (index, edge) in self.edges.iter().enumerate() {
            write!(f, "  thread {} (id {})", edge.thread, edge.id)?;
            if let Some((lock, site)) = &edge.holds {
                write!(f, "\n    holds lock {}{}", self.label(*lock), edge.held_for)?;
                at(f, "taken at", site)?;
            }
            match &edge.waits {
                Waiting::Lock(lock, site) => {
                    write!(f, "\n    waits for lock {}", self.label(*lock))?;
                    at(f, "at", site)?;
                }
                Waiting::Read(lock, site) => {
                    write!(f, "\n    waits for lock {} for reading", self.label(*lock))?;
                    at(f, "at", site)?;
                    let next = &self.edges[(index + 1) % self.edges.len()];
                    if next.holds.is_none()
                        && matches!(next.waits, Waiting::Write(wanted, _) if wanted == *lock)
                    {
                        write!(f, ", behind thread {}", next.thread)?;
                    }
                }
                Waiting::Write(lock, site) => {
                    write!(f, "\n    waits for lock {} for writing", self.label(*lock))?;
                    at(f, "at", site)?;
                }
                Waiting::Condvar(condvar, site) => {
                    write!(f, "\n    waits for condition variable {}", self.label(*condvar))?;
                    at(f, "at", site)?;
                }
                Waiting::Thread(thread, site) => {
                    write!(f, "\n    waits for the end of thread {thread}")?;
                    at(f, "at", site)?;
                }
                Waiting::Died => write!(f, "\n    has died, so what it holds is never released")?,
                Waiting::Never => write!(f, "\n    has returned without releasing the lock")?,
            }
            writeln!(f)?;
        }
        if self.more > 0 {
            writeln!(f, "  ({} threads more)", self.more)?;
        }
        for lock in &self.locks {
            if let Some(made) = &lock.made {
                writeln!(f, "  {lock} was made at {made}")?;
            }
        }
        Ok(())
    }
}

/// A lock that a thread holds.
#[derive(Clone, Copy)]
pub(in crate::run) struct Hold {
    pub(in crate::run) lock: u32,
    /// Where it was taken.
    pub(in crate::run) site: u32,
    pub(in crate::run) mode: Mode,
}

/// What a lock is held or waited for, in words: nothing for one that nobody reads.
pub(in crate::run) fn what_for(run: &Run, lock: u32, mode: Mode) -> &'static str {
    match mode {
        Mode::Shared => " for reading",
        Mode::Exclusive if run.locks.entry(lock).is_some_and(|entry| entry.was_read()) => " for writing",
        Mode::Exclusive => "",
    }
}

/// What is known of the lock or condition variable at this address.
fn origin(run: &Run, address: u32) -> LockOrigin {
    let words = run
        .has_holder_words()
        .then(|| OriginWords::of(&run.memory, address))
        .flatten();
    LockOrigin {
        address,
        name: words.and_then(|_| lock::name(&run.memory, address)),
        made: words.and_then(|words| site::read(&run.memory, run.location_layout(), words.made)),
    }
}

/// What a report says of one thread.
pub(in crate::run) fn edge(
    run: &Run,
    thread: &Thread,
    waits: Option<Wait>,
    holds: Option<Hold>,
) -> DeadlockEdge {
    let resolve = |address: u32| {
        run.define_site(address);
        site::read(&run.memory, run.location_layout(), address)
    };
    let site = thread.waiting_site();
    let (waits, raw_waits) = match waits {
        _ if thread.has_died() => (Waiting::Died, trace::Waits::Dead),
        Some(Wait::Lock(lock, mode)) => {
            let place = resolve(site);
            let waits = match (mode, what_for(run, lock, mode)) {
                (Mode::Shared, _) => Waiting::Read(lock, place),
                (Mode::Exclusive, "") => Waiting::Lock(lock, place),
                (Mode::Exclusive, _) => Waiting::Write(lock, place),
            };
            (waits, trace::Waits::Lock { lock, site, mode })
        }
        Some(Wait::Thread(thread)) => {
            let label = run
                .threads
                .get(thread)
                .map_or_else(|| format!("#{thread}"), |thread| thread.label());
            (
                Waiting::Thread(label, resolve(site)),
                trace::Waits::Thread { thread, site },
            )
        }
        Some(Wait::Condvar { condvar, .. }) => (
            Waiting::Condvar(condvar, resolve(site)),
            trace::Waits::Condvar { condvar, site },
        ),
        None => (Waiting::Never, trace::Waits::Dead),
    };
    DeadlockEdge {
        id: thread.id,
        thread: thread.label(),
        holds: holds.map(|hold| (hold.lock, resolve(hold.site))),
        holds_for_reading: holds.is_some_and(|hold| hold.mode == Mode::Shared),
        held_for: holds.map_or("", |hold| what_for(run, hold.lock, hold.mode)),
        waits,
        raw: trace::DeadlockEdge {
            thread: thread.id,
            holds: holds.map(|hold| trace::HeldLock {
                lock: hold.lock,
                site: hold.site,
                mode: hold.mode,
            }),
            waits: raw_waits,
        },
    }
}
