//! Live deadlocks: threads that wait for each other in a circle of traced locks and joins.
//!
//! A blocked thread waits for another one to do something:
//! - to get a lock alone, for its owner, or for each of those that hold it for reading;
//! - to get it for reading, for its owner, or, if it is held for reading, for a thread that waits to write: that one
//!   came first, and a lock that let readers pass would never let writers in;
//! - to join, for the thread that it joins.
//!
//! All of these have to happen, so a circle along any of them is a deadlock. [`search`] follows them from a thread
//! that begins to wait: the last to begin sees all the others' words (`Thread::wait_for` is sequentially consistent),
//! so no circle is missed. It costs O(threads) where only owners and joins are in the way. Where readers are, it takes
//! one look at the list of each thread; if there are more than a [`FEW`], a walk leaves that to a look at all that wait,
//! which comes soon after, once for all walks that left it.
//!
//! # From suspicion to verdict
//! What was followed was read at different moments, so it is a suspicion. It becomes a verdict if
//! 1. every thread of the circle has, after the whole walk, the step count that it had when it was passed: then
//!    there was one moment at which all of them waited as seen, and held for reading what they held; and
//! 2. the memory of each lock in it names the owner as its holder (`layout::lock::HOLDER`), or counts as many readers
//!    as are known (`layout::lock::READERS`), so a lock whose address was reused, or a guard that was forgotten with
//!    its lock, is not taken for held.
//!
//! Two suspicions are looked at again later instead ([`look`], by the thread that waits for the end of the run): still
//! the same, still waiting. One is of a module without holder words; the other has a reader that waits behind a writer,
//! who has said that it will wait but may not have reached the lock.
//!
//! A lock whose owner, or reader, has died is never released: a chain that ends there is a deadlock as well. One whose
//! owner returned without releasing it (a forgotten guard) could still be released by somebody else, and is one only
//! when every thread that is left waits. Waits for condition variables are in no circle: see [`super::standstill`].

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::vec;

use threadlink_abi::layout;
use threadlink_trace as trace;
use threadlink_trace::Mode;

use super::Run;
use super::standstill::everyone_waits;
use super::threads::{Thread, Wait};
use crate::guest::lock::{self, OriginWords};
use crate::guest::site::{self, Site};
use crate::outcome::End;

/// Threads that are looked through for readers at every attempt on a lock that is read. Where there are more, that would
/// cost a program with many threads at one lock too much: all attempts since the last look are looked at together.
const FEW: usize = 32;

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
    pub(super) fn new(run: &Run, edges: Vec<DeadlockEdge>, more: usize) -> Self {
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
    pub(super) fn to_trace(&self) -> trace::Deadlock {
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
pub(super) struct Hold {
    pub(super) lock: u32,
    /// Where it was taken.
    pub(super) site: u32,
    pub(super) mode: Mode,
}

/// Why one thread waits for the next one.
#[derive(Clone, Copy)]
enum By {
    /// To join it; or this is where the walk began.
    Itself,
    /// For this lock, which the next one holds.
    Holds(Hold),
    /// To read what the next one wants to write.
    Queue,
}

/// One thread of a chain as it was seen.
#[derive(Clone)]
struct Link {
    thread: Arc<Thread>,
    steps: u64,
    waits: Option<Wait>,
    /// Why the one before waits for this thread.
    by: By,
}

/// How a chain ends.
enum Chain {
    Circle(Vec<Link>),
    Dead(Vec<Link>),
    Gone(Vec<Link>),
}

impl Chain {
    fn links(&self) -> &[Link] {
        let (Self::Circle(links) | Self::Dead(links) | Self::Gone(links)) = self;
        links
    }

    /// Whether it is true for sure if it is true of one moment.
    fn is_certain(&self) -> bool {
        !self.links().iter().any(|link| matches!(link.by, By::Queue))
    }

    /// Its threads and how far they were, in an order that does not depend on where the walk began.
    fn steps(&self) -> Vec<(u32, u64)> {
        let mut steps: Vec<_> = self
            .links()
            .iter()
            .map(|link| (link.thread.id, link.steps))
            .collect();
        steps.sort_unstable();
        steps
    }
}

/// Looks for a deadlock through `thread`, which has just said what it waits for, and ends the run if there is one.
pub(crate) fn suspect(run: &Run, thread: &Arc<Thread>) {
    let mut later = false;
    let readers = if run.threads.len() <= FEW {
        Readers::Unknown
    } else {
        Readers::Left(false)
    };
    let readers = search(run, [thread.clone()], readers, |chain| {
        if run.has_holder_words() && chain.is_certain() {
            return verdict(run, &chain);
        }
        later = true;
        false
    });
    if later || matches!(readers, Readers::Left(true)) {
        run.look_later();
    }
}

/// What was suspected at a look: the threads of each chain, and how far they were.
pub(super) type Suspicions = HashSet<Vec<(u32, u64)>>;

/// Looks at all threads that wait, and ends the run if there is a deadlock that is certain, or that was there at the
/// look before as well. Returns what it suspects.
pub(super) fn look(run: &Run, before: &Suspicions) -> Suspicions {
    let mut suspicions = Suspicions::new();
    // Threads that wait for the same wait for the same threads.
    let mut waits = HashSet::new();
    let mut starts = run.threads.running();
    starts.retain(|thread| thread.waits_for().is_some_and(|wait| waits.insert(wait)));
    search(run, starts, Readers::Unknown, |chain| {
        let steps = chain.steps();
        if (run.has_holder_words() && chain.is_certain()) || before.contains(&steps) {
            return verdict(run, &chain);
        }
        suspicions.insert(steps);
        false
    });
    suspicions
}

/// Looks for threads that can never go on because `ended` is gone. Costs nothing where nobody waits for a lock.
pub(super) fn after_end(run: &Run, ended: &Arc<Thread>) {
    if !run.program.facts.hooks || run.ending.is_over() {
        return;
    }
    // A thread that returned can only complete a deadlock by leaving nobody awake, so that case is rare and is
    // looked for only then.
    if !ended.has_died() && everyone_waits(run).is_none() {
        return;
    }
    if !look(run, &Suspicions::new()).is_empty() {
        run.look_later();
    }
}

/// A thread that another one waits for.
struct Next {
    thread: Arc<Thread>,
    by: By,
    /// Its step count before it was seen to hold the lock or to wait for it.
    steps: Option<u64>,
}

/// A thread on the way of a walk, and those that it waits for and that are still to be visited.
struct Visited {
    link: Link,
    next: vec::IntoIter<Next>,
}

/// Follows who waits for whom, depth first from each of `starts`, and gives each chain that closes or ends to `found`
/// until that says true. Returns what it came to know of readers.
fn search(
    run: &Run,
    starts: impl IntoIterator<Item = Arc<Thread>>,
    mut readers: Readers,
    mut found: impl FnMut(Chain) -> bool,
) -> Readers {
    // For all starts together: what was followed from one of them need not be followed again.
    let mut seen: HashSet<u32> = HashSet::new();
    let mut way: Vec<Visited> = Vec::new();
    let mut starts = starts.into_iter().map(|thread| Next {
        thread,
        by: By::Itself,
        steps: None,
    });
    while let Some(next) = next_on(&mut way).or_else(|| starts.next()) {
        if run.ending.is_over() {
            return readers;
        }
        let links = || way.iter().map(|visited| visited.link.clone());
        if let Some(first) = way
            .iter()
            .position(|visited| visited.link.thread.id == next.thread.id)
        {
            let mut circle: Vec<Link> = links().skip(first).collect();
            circle[0].by = next.by;
            if next.steps.is_none_or(|steps| steps == circle[0].steps) && found(Chain::Circle(circle)) {
                return readers;
            }
            continue;
        }
        if !seen.insert(next.thread.id) {
            continue;
        }
        let thread = next.thread;
        let link = Link {
            steps: next.steps.unwrap_or_else(|| thread.steps()),
            waits: thread.waits_for(),
            by: next.by,
            thread,
        };
        // Ended or not, and how, is asked after what it held was seen.
        let (running, died) = (link.thread.is_running(), link.thread.has_died());
        if !running {
            // A finished thread ends a chain only if a lock led to it; a join of it is about to return.
            if matches!(link.by, By::Holds(_)) {
                let links = links().chain([link]).collect();
                if found(if died {
                    Chain::Dead(links)
                } else {
                    Chain::Gone(links)
                }) {
                    return readers;
                }
            }
            continue;
        }
        let next = waits_for(run, link.waits, &mut readers).into_iter();
        way.push(Visited { link, next });
    }
    readers
}

/// The next thread to visit: of the last one on the way that has any left.
fn next_on(way: &mut Vec<Visited>) -> Option<Next> {
    loop {
        match way.last_mut()?.next.next() {
            Some(next) => return Some(next),
            None => drop(way.pop()),
        }
    }
}

/// The threads that one waits for that waits for this.
fn waits_for(run: &Run, wait: Option<Wait>, readers: &mut Readers) -> Vec<Next> {
    let one = |thread, by| Next {
        thread,
        by,
        steps: None,
    };
    match wait {
        None | Some(Wait::Condvar { .. }) => Vec::new(),
        Some(Wait::Thread(id)) => run
            .threads
            .get(id)
            .map(|thread| one(thread, By::Itself))
            .into_iter()
            .collect(),
        Some(Wait::Lock(lock, mode)) => {
            let Some(entry) = run.locks.entry(lock) else {
                return Vec::new();
            };
            if let Some(owner) = entry.owner() {
                let hold = Hold {
                    lock,
                    site: entry.site(),
                    mode: Mode::Exclusive,
                };
                // Joined long ago, with the lock still in its name.
                let gone = || Arc::new(Thread::long_gone(owner));
                return vec![one(run.threads.get(owner).unwrap_or_else(gone), By::Holds(hold))];
            }
            if entry.readers() == 0 {
                return Vec::new();
            }
            match (readers.known(run), mode) {
                (None, _) => Vec::new(),
                (Some(known), Mode::Exclusive) => known.holding(lock),
                (Some(known), Mode::Shared) => known.wanting_to_write(lock).into_iter().collect(),
            }
        }
    }
}

/// What a walk knows of the readers of locks.
enum Readers {
    /// Nothing so far: it looks when it comes to one.
    Unknown,
    /// Nothing: it leaves them to a later look; whether it came to one.
    Left(bool),
    Known(KnownReaders),
}

impl Readers {
    /// What is known of them, now that it is needed; `None` if that is left for later.
    fn known(&mut self, run: &Run) -> Option<&KnownReaders> {
        match self {
            Self::Unknown => *self = Self::Known(KnownReaders::of(run)),
            Self::Left(needed) => *needed = true,
            Self::Known(_) => {}
        }
        match self {
            Self::Known(known) => Some(known),
            Self::Unknown | Self::Left(_) => None,
        }
    }
}

/// All threads that hold something for reading, or wait to write: looked at once a walk.
struct KnownReaders {
    holding: HashMap<u32, Vec<(Arc<Thread>, u64, u32)>>,
    writers: HashMap<u32, (Arc<Thread>, u64)>,
}

impl KnownReaders {
    fn of(run: &Run) -> Self {
        let mut readers = Self {
            holding: HashMap::new(),
            writers: HashMap::new(),
        };
        for thread in run.threads.all() {
            // In this order: as long as it makes no step, the rest stays true.
            let steps = thread.steps();
            if thread.is_running()
                && let Some(Wait::Lock(lock, Mode::Exclusive)) = thread.waits_for()
            {
                readers.writers.entry(lock).or_insert((thread.clone(), steps));
            }
            for read in thread.reads.lock().iter() {
                let holding = readers.holding.entry(read.lock).or_default();
                holding.push((thread.clone(), steps, read.site));
            }
        }
        readers
    }

    fn holding(&self, lock: u32) -> Vec<Next> {
        let next = |(thread, steps, site): &(Arc<Thread>, u64, u32)| Next {
            thread: thread.clone(),
            by: By::Holds(Hold {
                lock,
                site: *site,
                mode: Mode::Shared,
            }),
            steps: Some(*steps),
        };
        self.holding.get(&lock).into_iter().flatten().map(next).collect()
    }

    /// One of those that wait to write: all of them wait for the same readers.
    fn wanting_to_write(&self, lock: u32) -> Option<Next> {
        let (thread, steps) = self.writers.get(&lock)?;
        Some(Next {
            thread: thread.clone(),
            by: By::Queue,
            steps: Some(*steps),
        })
    }
}

/// Ends the run if the chain is true of one moment; whether it did.
fn verdict(run: &Run, chain: &Chain) -> bool {
    let links = chain.links();
    let needs_everyone = matches!(chain, Chain::Gone(_));
    let stable = |link: &Link| link.thread.steps() == link.steps && link.thread.waits_for() == link.waits;
    let everyone = || {
        // Whoever waits for a condition variable may be about to wake.
        let condvar = |wait: &Wait| matches!(wait, Wait::Condvar { .. });
        everyone_waits(run).is_some_and(|all| !all.iter().any(|waiter| condvar(&waiter.waits)))
    };
    if !links.iter().all(|link| is_held(run, link))
        || !links.iter().all(stable)
        || (needs_everyone && !everyone())
    {
        return false;
    }
    let hold_of = |link: &Link| match link.by {
        By::Holds(hold) => Some(hold),
        By::Itself | By::Queue => None,
    };
    let edges = links
        .iter()
        .map(|link| edge(run, &link.thread, link.waits, hold_of(link)))
        .collect();
    end(run, DeadlockReport::new(run, edges, 0));
    true
}

/// Whether the lock's own memory says that this thread holds it.
fn is_held(run: &Run, link: &Link) -> bool {
    let By::Holds(hold) = link.by else { return true };
    if !run.has_holder_words() {
        return true;
    }
    match hold.mode {
        Mode::Exclusive => link.thread.block.is_none_or(|block| {
            let holder = lock_word(run, hold.lock, layout::lock::HOLDER);
            holder == Some(block.address())
        }),
        Mode::Shared => {
            let known = run.locks.entry(hold.lock).map_or(0, |entry| entry.readers());
            let count = lock_word(run, hold.lock, layout::lock::READERS);
            count.is_some_and(|count| count > 0 && u64::from(count) >= known)
        }
    }
}

/// A word of a traced lock.
pub(super) fn lock_word(run: &Run, lock: u32, offset: u32) -> Option<u32> {
    run.memory.load(lock.checked_add(offset)?)
}

/// Ends the run with this report.
pub(super) fn end(run: &Run, report: DeadlockReport) {
    // The trace gets its record before the end is announced, because the end closes the trace.
    run.deadlock_once(&report.to_trace());
    run.end(Ok(End::Deadlock(report)));
}

/// What a lock is held or waited for, in words: nothing for one that nobody reads.
pub(super) fn what_for(run: &Run, lock: u32, mode: Mode) -> &'static str {
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
pub(super) fn edge(run: &Run, thread: &Thread, waits: Option<Wait>, holds: Option<Hold>) -> DeadlockEdge {
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
