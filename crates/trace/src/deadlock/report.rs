//! What a deadlock looks like from outside: the report, its text, and how it is made of a record and of what its
//! numbers mean.

use std::collections::{HashMap, HashSet};
use std::fmt;

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

    fn headline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asleep = |edge: &ReportEdge| matches!(edge.waits, Waiting::Condvar(..) | Waiting::Address(..));
        match self.edges.as_slice() {
            [edge] if self.more == 0 && asleep(edge) => {
                writeln!(
                    f,
                    "deadlock: the only thread left waits, and none is left to wake it"
                )
            }
            edges if edges.iter().any(asleep) => writeln!(
                f,
                "deadlock: all {} threads wait, and none is left to wake them",
                self.more.saturating_add(edges.len() as u64)
            ),
            [.., last] if matches!(last.waits, Waiting::Died | Waiting::Never) => {
                writeln!(f, "deadlock: a thread waits for a lock whose owner is gone")
            }
            [_] => writeln!(f, "deadlock: a thread waits for itself"),
            edges => writeln!(
                f,
                "deadlock: {} threads wait for each other, and none can go on",
                edges.len()
            ),
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
    fn site(&self) -> Option<&Site> {
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

impl fmt::Display for DeadlockReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.headline(f)?;
        let known: HashMap<u32, &LockOrigin> = self.locks.iter().map(|lock| (lock.address, lock)).collect();
        let labels = Labels(known);
        for (index, edge) in self.edges.iter().enumerate() {
            let next = &self.edges[(index + 1) % self.edges.len()];
            labels.edge(f, edge, next)?;
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

/// Locks as the text shows them, by their addresses.
struct Labels<'a>(HashMap<u32, &'a LockOrigin>);

impl Labels<'_> {
    fn of(&self, address: u32) -> String {
        let known = self.0.get(&address);
        known.map_or_else(|| format!("{address:#x}"), ToString::to_string)
    }

    /// The lines of one thread; `next` is the one that it waits for in a circle.
    fn edge(&self, f: &mut fmt::Formatter<'_>, edge: &ReportEdge, next: &ReportEdge) -> fmt::Result {
        write!(f, "  thread {} (id {})", edge.thread, edge.thread.id)?;
        if let Some(hold) = &edge.holds {
            let what_for = match hold.mode {
                None => "",
                Some(Mode::Shared) => " for reading",
                Some(Mode::Exclusive) => " for writing",
            };
            write!(f, "\n    holds lock {}{what_for}", self.of(hold.lock))?;
            if let Some(taken) = &hold.taken {
                write!(f, " taken at {taken}")?;
            }
        }
        match &edge.waits {
            Waiting::Lock(lock, _) => write!(f, "\n    waits for lock {}", self.of(*lock))?,
            Waiting::Read(lock, _) => write!(f, "\n    waits for lock {} for reading", self.of(*lock))?,
            Waiting::Write(lock, _) => write!(f, "\n    waits for lock {} for writing", self.of(*lock))?,
            Waiting::Condvar(condvar, _) => {
                write!(f, "\n    waits for condition variable {}", self.of(*condvar))?;
            }
            Waiting::Address(address, _) => write!(f, "\n    waits to be woken at address {address:#x}")?,
            Waiting::Thread(thread, _) => write!(f, "\n    waits for the end of thread {thread}")?,
            Waiting::Died => write!(f, "\n    has died, so what it holds is never released")?,
            Waiting::Never => write!(f, "\n    has returned without releasing the lock")?,
        }
        if let Some(site) = edge.waits.site() {
            write!(f, " at {site}")?;
        }
        if let Waiting::Read(lock, _) = edge.waits
            && next.holds.is_none()
            && matches!(next.waits, Waiting::Write(wanted, _) if wanted == lock)
        {
            write!(f, ", behind thread {}", next.thread)?;
        }
        writeln!(f)?;
        if edge.waits.site().is_none() {
            for line in edge.places.iter().flat_map(|place| place.lines()) {
                writeln!(f, "    {line}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The main thread has a name, lock 1 too, lock 2 was read, and site N is line N of a file.
    struct Known;

    impl Names for Known {
        fn thread_name(&self, thread: u32) -> Option<String> {
            (thread == 0).then(|| "main\u{7}".to_owned())
        }

        fn has_died(&self, thread: u32) -> bool {
            thread == 9
        }

        fn lock(&self, address: u32) -> LockOrigin {
            let mut origin = LockOrigin::new(address);
            if address == 1 {
                origin.name = Some("first".to_owned());
                origin.made = self.site(5);
            }
            origin
        }

        fn was_read(&self, lock: u32) -> bool {
            lock == 2
        }

        fn site(&self, address: u32) -> Option<Site> {
            (address != 0).then(|| Site::new(address, "a.rs", address, 1))
        }
    }

    fn lock(lock: u32, site: u32, mode: Mode) -> Waits {
        Waits::Lock { lock, site, mode }
    }

    fn report(edges: &[(u32, Option<HeldLock>, Waits)]) -> DeadlockReport {
        let edges = edges
            .iter()
            .map(|&(thread, holds, waits)| DeadlockEdge::new(thread, holds, waits));
        DeadlockReport::resolve(&Deadlock::new(edges.collect()), &Known)
    }

    fn held(lock: u32, site: u32, mode: Mode) -> Option<HeldLock> {
        Some(HeldLock::new(lock, site, mode))
    }

    #[test]
    fn a_circle_names_threads_locks_and_places() {
        let (alone, shared) = (Mode::Exclusive, Mode::Shared);
        let report = report(&[
            (0, held(1, 3, alone), lock(2, 4, alone)),
            (7, held(2, 0, alone), lock(3, 0, shared)),
            (8, None, lock(3, 6, alone)),
            (6, held(3, 0, shared), Waits::Thread { thread: 0, site: 8 }),
        ]);
        assert_eq!(
            report.to_string(),
            "deadlock: 4 threads wait for each other, and none can go on\n  \
             thread 'main\\u{7}' (id 0)\n    holds lock first 0x1 taken at a.rs:3:1\n    \
             waits for lock 0x2 for writing at a.rs:4:1\n  \
             thread #7 (id 7)\n    holds lock 0x2 for writing\n    \
             waits for lock 0x3 for reading, behind thread #8\n  \
             thread #8 (id 8)\n    waits for lock 0x3 for writing at a.rs:6:1\n  \
             thread #6 (id 6)\n    holds lock 0x3 for reading\n    \
             waits for the end of thread 'main\\u{7}' at a.rs:8:1\n  \
             first 0x1 was made at a.rs:5:1\n"
        );
        let addresses: Vec<u32> = report.locks.iter().map(|lock| lock.address).collect();
        assert_eq!(addresses, [1, 2, 3]);
    }

    #[test]
    fn whoever_is_gone_has_died_or_returned() {
        let alone = Mode::Exclusive;
        for (gone, says) in [(9, "has died"), (4, "has returned without releasing")] {
            let waits = lock(1, 0, alone);
            let text = report(&[(0, None, waits), (gone, held(1, 0, alone), Waits::Dead)]).to_string();
            assert!(text.starts_with("deadlock: a thread waits for a lock whose owner is gone\n"));
            assert!(text.contains(says), "{text}");
        }
        let itself = report(&[(0, held(1, 0, alone), lock(1, 0, alone))]).to_string();
        assert!(itself.starts_with("deadlock: a thread waits for itself\n"));
    }

    #[test]
    fn who_waits_where_no_hook_tells_is_shown_by_a_backtrace() {
        let address = |site| Waits::Address { address: 0x40, site };
        let mut report = report(&[(0, None, address(0)), (1, None, address(2))]);
        for edge in &mut report.edges {
            edge.places = vec!["0: park\n     at b.rs:1:1".to_owned(), "1: main".to_owned()];
        }
        assert_eq!(
            report.to_string(),
            "deadlock: all 2 threads wait, and none is left to wake them\n  \
             thread 'main\\u{7}' (id 0)\n    waits to be woken at address 0x40\n    \
             0: park\n         at b.rs:1:1\n    1: main\n  \
             thread #1 (id 1)\n    waits to be woken at address 0x40 at a.rs:2:1\n"
        );
        assert!(report.locks.is_empty());
    }

    #[test]
    fn threads_that_are_not_shown_are_counted() {
        let condvar = Waits::Condvar { condvar: 1, site: 0 };
        let record = Deadlock::new(vec![DeadlockEdge::new(3, None, condvar)]);
        let only = DeadlockReport::resolve(&record, &Known).to_string();
        assert!(only.starts_with("deadlock: the only thread left waits, and none is left to wake it\n"));
        let text = DeadlockReport::resolve(&record.and_more(70), &Known).to_string();
        assert!(text.starts_with("deadlock: all 71 threads wait, and none is left to wake them\n"));
        assert!(text.contains("\n  (70 threads more)\n"), "{text}");
    }
}
