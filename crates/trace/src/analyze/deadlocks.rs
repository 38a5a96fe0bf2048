//! A trace's deadlocks with names and places instead of numbers, and the sentence that tells each edge.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use super::identity::{condvar_keys, lock_keys};
use super::units::ThreadName;
use super::{Identity, Place, name_of};
use crate::deadlock::{Deadlock, DeadlockEdge, Waits};
use crate::event::{EndKind, Mode};
use crate::reader::Trace;

/// A deadlock that the run found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct DeadlockReport {
    /// The threads, each of which waits for the next one.
    pub edges: Vec<EdgeReport>,
}

/// One thread of a deadlock. Its `Display` is a sentence without the full stop.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct EdgeReport {
    /// The thread.
    pub thread: u32,
    /// Its name.
    pub thread_name: Option<String>,
    /// The lock that it holds and the thread before it waits for.
    pub holds: Option<HeldReport>,
    /// What it waits for.
    pub waits: WaitsReport,
}

/// A lock that a thread of a deadlock holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct HeldReport {
    /// Which lock.
    #[serde(flatten, serialize_with = "lock_keys")]
    pub lock: Identity,
    /// What for: `None` for a lock that nobody read, such as a mutex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Where it was acquired.
    #[serde(flatten)]
    pub place: Place,
}

/// What a thread of a deadlock waits for. In JSON, `kind` is `lock`, `thread`, `condvar` or `dead`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[non_exhaustive]
pub enum WaitsReport {
    /// A lock.
    Lock {
        /// Which lock.
        #[serde(flatten, serialize_with = "lock_keys")]
        lock: Identity,
        /// What for: `None` for a lock that nobody read, such as a mutex.
        #[serde(skip_serializing_if = "Option::is_none")]
        mode: Option<Mode>,
        /// Where the thread asks for it.
        #[serde(flatten)]
        place: Place,
    },
    /// Another thread's end.
    Thread {
        /// That thread.
        thread: u32,
        /// Its name.
        thread_name: Option<String>,
        /// Where the thread joins it.
        #[serde(flatten)]
        place: Place,
    },
    /// A notification of a condition variable.
    Condvar {
        /// Which condition variable.
        #[serde(flatten, serialize_with = "condvar_keys")]
        condvar: Identity,
        /// Where the thread waits.
        #[serde(flatten)]
        place: Place,
    },
    /// Nothing: the thread has ended, and nobody will release what it holds.
    Dead {
        /// It returned without releasing the lock, instead of dying.
        returned: bool,
    },
}

impl DeadlockReport {
    /// `was_read` says whether a lock was ever asked for to read.
    pub(super) fn of(trace: &Trace, deadlock: &Deadlock, was_read: &dyn Fn(u32) -> bool) -> DeadlockReport {
        let edges = deadlock.edges.iter();
        DeadlockReport {
            edges: edges.map(|edge| EdgeReport::of(trace, edge, was_read)).collect(),
        }
    }

    /// Every lock and condition variable in it, once, with what it is.
    fn locks(&self) -> Vec<(&'static str, &Identity)> {
        let mut seen = HashSet::new();
        let mut locks = Vec::new();
        for edge in &self.edges {
            let held = edge.holds.iter().map(|held| ("lock", &held.lock));
            let waits = match &edge.waits {
                WaitsReport::Lock { lock, .. } => Some(("lock", lock)),
                WaitsReport::Condvar { condvar, .. } => Some(("condition variable", condvar)),
                WaitsReport::Thread { .. } | WaitsReport::Dead { .. } => None,
            };
            // What an address means in the end is one thing.
            locks.extend(held.chain(waits).filter(|(_, identity)| seen.insert(identity.id)));
        }
        locks
    }
}

impl EdgeReport {
    fn of(trace: &Trace, edge: &DeadlockEdge, was_read: &dyn Fn(u32) -> bool) -> EdgeReport {
        let told = |lock, mode| (mode == Mode::Shared || was_read(lock)).then_some(mode);
        EdgeReport {
            thread: edge.thread,
            thread_name: name_of(trace, edge.thread),
            holds: edge.holds.map(|held| HeldReport {
                lock: Identity::at_end(trace, held.lock),
                mode: told(held.lock, held.mode),
                place: Place::of(trace, held.site),
            }),
            waits: match edge.waits {
                Waits::Lock { lock, site, mode } => WaitsReport::Lock {
                    lock: Identity::at_end(trace, lock),
                    mode: told(lock, mode),
                    place: Place::of(trace, site),
                },
                Waits::Thread { thread, site } => WaitsReport::Thread {
                    thread,
                    thread_name: name_of(trace, thread),
                    place: Place::of(trace, site),
                },
                Waits::Condvar { condvar, site } => WaitsReport::Condvar {
                    condvar: Identity::at_end(trace, condvar),
                    place: Place::of(trace, site),
                },
                Waits::Dead => WaitsReport::Dead {
                    returned: trace
                        .thread(edge.thread)
                        .is_some_and(|info| info.ended == Some(EndKind::Returned)),
                },
            },
        }
    }
}

impl fmt::Display for DeadlockReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.edges.len();
        let dead = self
            .edges
            .iter()
            .any(|edge| matches!(edge.waits, WaitsReport::Dead { .. }));
        let condvar = self
            .edges
            .iter()
            .any(|edge| matches!(edge.waits, WaitsReport::Condvar { .. }));
        match count {
            _ if condvar => writeln!(f, "Deadlock: all threads wait, and none is left to notify")?,
            _ if dead => writeln!(f, "Deadlock: waiting for a lock whose holder is gone")?,
            1 => writeln!(f, "Deadlock: a thread waits for itself")?,
            _ => writeln!(f, "Deadlock: {count} threads wait for each other")?,
        }
        for edge in &self.edges {
            writeln!(f, "  {edge}")?;
        }
        for (what, lock) in self.locks() {
            if let Some(made) = &lock.made {
                writeln!(f, "  {what} {lock} was made at {made}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for EdgeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thread = ThreadName(self.thread, self.thread_name.as_deref());
        match &self.holds {
            Some(held) => {
                write!(
                    f,
                    "{thread} holds lock {}{} (taken at {})",
                    held.lock,
                    purpose(held.mode),
                    held.place
                )?;
                let and = matches!(self.waits, WaitsReport::Dead { .. });
                f.write_str(if and { " and " } else { ", " })?;
            }
            None => write!(f, "{thread} ")?,
        }
        match &self.waits {
            WaitsReport::Lock { lock, mode, place } => {
                write!(f, "waits for lock {lock}{} (at {place})", purpose(*mode))
            }
            WaitsReport::Condvar { condvar, place } => {
                write!(f, "waits for condition variable {condvar} (at {place})")
            }
            WaitsReport::Thread {
                thread,
                thread_name,
                place,
            } => {
                let other = ThreadName(*thread, thread_name.as_deref());
                write!(f, "waits for {other} to end (join at {place})")
            }
            WaitsReport::Dead { returned: true } => write!(f, "has returned without releasing it"),
            WaitsReport::Dead { returned: false } => write!(f, "has died: nobody will release what it holds"),
        }
    }
}

/// What a thread of a deadlock has a lock for, or wants it for, in words.
fn purpose(mode: Option<Mode>) -> &'static str {
    match mode {
        None => "",
        Some(Mode::Exclusive) => " for writing",
        Some(Mode::Shared) => " for reading",
    }
}
