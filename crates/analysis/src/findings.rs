//! What a report says of deadlocks: [`Deadlocks`], and the words for each [`Finding`].

use std::collections::HashMap;
use std::fmt;

use threadlink_trace::{DeadlockReport, LockOrigin, Mode, Site, Waiting};

use crate::units::things;

/// The deadlocks that a run met, and those that it could have met.
///
/// # Examples
/// ```
/// # fn show(deadlocks: &threadlink_analysis::Deadlocks) {
/// for finding in &deadlocks.findings {
///     print!("{finding}");
/// }
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Deadlocks {
    /// Circles of threads each of which, holding one lock, took one that the next thread held at some time, where no lock that
    /// two of them held keeps them apart.
    pub candidates: u64,
    /// How many of these are proven: another schedule of what was recorded ends there.
    pub predicted: u64,
    /// One for each mistake: told apart by the places where locks were taken, and by the locks. Actual ones first, then
    /// predicted ones.
    pub findings: Vec<Finding>,
    /// The bounds of the search that were met, in sentences.
    pub bounds: Vec<String>,
}

/// A deadlock, or something that may become one.
///
/// # Examples
/// ```
/// # fn show(finding: &threadlink_analysis::Finding) {
/// println!("{}: {}", finding.kind.as_str(), finding.kind.proof());
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// How sure it is.
    pub kind: FindingKind,
    /// The threads, locks and places of the actual deadlock, or of the first circle that is proven, or else of the first one.
    pub deadlock: DeadlockReport,
    /// How many candidates are this mistake.
    pub candidates: u64,
    /// How many of them are proven.
    pub predicted: u64,
    /// The same at other places, the first few of them: the same locks in the same circle, or these places and more.
    pub others: Vec<DeadlockReport>,
}

impl Finding {
    pub(crate) fn new(kind: FindingKind, deadlock: DeadlockReport) -> Self {
        Self {
            kind,
            deadlock,
            candidates: 0,
            predicted: 0,
            others: Vec::new(),
        }
    }
}

/// How sure a finding is.
///
/// # Examples
/// ```
/// use threadlink_analysis::FindingKind;
///
/// assert!(FindingKind::Actual < FindingKind::Predicted);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum FindingKind {
    /// It happened.
    Actual,
    /// Another schedule of the same run meets it.
    Predicted,
    /// Locks were taken in different orders, and no schedule is known in which that is a deadlock.
    Inversion,
}

impl FindingKind {
    /// Its name in the document and on the command line.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(threadlink_analysis::FindingKind::Predicted.as_str(), "predicted");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Actual => "actual",
            Self::Predicted => "predicted",
            Self::Inversion => "inversion",
        }
    }

    /// What exactly is known of such a finding, in a sentence.
    ///
    /// # Examples
    /// ```
    /// assert!(threadlink_analysis::FindingKind::Predicted.proof().contains("modulo"));
    /// ```
    #[must_use]
    pub fn proof(self) -> &'static str {
        match self {
            Self::Actual => "This happened in this run.",
            Self::Predicted => {
                "Predicted, modulo lock, fork and join events: these can also be scheduled, each thread's and each lock's in the \
                 recorded order (and notifications, unparks and wakes before the waits that they ended), so that the threads \
                 wait for each other. Values that threads pass each other in other ways were not recorded."
            }
            Self::Inversion => {
                "Order inversion only: the threads took these locks in orders that make a circle, but no schedule that keeps the \
                 recorded order of each lock's sections was found in which they wait for each other."
            }
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let threads = self.deadlock.edges.len();
        match self.kind {
            FindingKind::Actual => return write!(f, "{}", self.deadlock),
            FindingKind::Predicted => writeln!(
                f,
                "predicted deadlock: {threads} threads could wait for each other, and none could go on"
            )?,
            FindingKind::Inversion => writeln!(
                f,
                "order inversion: {threads} threads take locks in orders that make a circle"
            )?,
        }
        let labels: HashMap<u32, &LockOrigin> = self
            .deadlock
            .locks
            .iter()
            .map(|lock| (lock.address, lock))
            .collect();
        let label = |address: u32| {
            let known = labels.get(&address);
            known.map_or_else(|| format!("{address:#x}"), ToString::to_string)
        };
        for edge in &self.deadlock.edges {
            writeln!(f, "  thread {} (id {})", edge.thread, edge.thread.id)?;
            if let Some(hold) = &edge.holds {
                let what_for = hold.mode.map_or("", purpose);
                writeln!(
                    f,
                    "    holds lock {}{what_for}, taken at {}",
                    label(hold.lock),
                    at(hold.taken.as_ref())
                )?;
            }
            let (lock, site, mode) = match &edge.waits {
                Waiting::Lock(lock, site) => (lock, site, None),
                Waiting::Read(lock, site) => (lock, site, Some(Mode::Shared)),
                Waiting::Write(lock, site) => (lock, site, Some(Mode::Exclusive)),
                // What is predicted has no other waits.
                _ => continue,
            };
            let what_for = mode.map_or("", purpose);
            writeln!(
                f,
                "    takes lock {}{what_for} at {}",
                label(*lock),
                at(site.as_ref())
            )?;
        }
        for lock in &self.deadlock.locks {
            if let Some(made) = &lock.made {
                writeln!(f, "  {lock} was made at {made}")?;
            }
        }
        for other in &self.others {
            writeln!(f, "  the same at other places:")?;
            for edge in &other.edges {
                let (
                    Some(hold),
                    Waiting::Lock(lock, site) | Waiting::Read(lock, site) | Waiting::Write(lock, site),
                ) = (&edge.holds, &edge.waits)
                else {
                    continue;
                };
                let names = edge_names(other, hold.lock, *lock);
                let (taken, asked) = (at(hold.taken.as_ref()), at(site.as_ref()));
                writeln!(
                    f,
                    "    thread {} (id {}) takes {} at {taken}, then {} at {asked}",
                    edge.thread, edge.thread.id, names.0, names.1
                )?;
            }
        }
        if self.candidates > 1 {
            let circles = things(self.candidates, "circle");
            writeln!(
                f,
                "  ({circles} of threads and locks are this mistake; {} proven)",
                self.predicted
            )?;
        }
        writeln!(f, "  {}", self.kind.proof())
    }
}

/// What two locks are called.
fn edge_names(deadlock: &DeadlockReport, held: u32, wanted: u32) -> (String, String) {
    let name = |address: u32| {
        let known = deadlock.locks.iter().find(|lock| lock.address == address);
        known.map_or_else(|| format!("{address:#x}"), ToString::to_string)
    };
    (name(held), name(wanted))
}

fn purpose(mode: Mode) -> &'static str {
    match mode {
        Mode::Exclusive => " for writing",
        Mode::Shared => " for reading",
    }
}

fn at(site: Option<&Site>) -> String {
    site.map_or_else(|| "an unknown place".to_owned(), ToString::to_string)
}
