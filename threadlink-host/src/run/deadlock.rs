//! Live deadlocks: threads that wait for each other in a circle of traced locks and joins.
//!
//! Each blocked thread waits for one thing: a lock, whose owner is known, or a thread. Following thread -> lock ->
//! owner -> ... from a thread that begins to wait finds a circle if it closes one: the last to begin sees all the
//! others' words (`Thread::wait_for` is sequentially consistent), so no circle is missed, in O(threads).
//!
//! # From suspicion to verdict
//! What was followed was read at different moments, so it is a suspicion. It becomes a verdict if
//! 1. every thread of the circle has, after the whole walk, the step count that it had when it was passed: then
//!    there was one moment at which all of them waited as seen; and
//! 2. the memory of each lock in it names the owner as its holder (`layout::lock::HOLDER`), so a lock whose
//!    address was reused, or a guard that was forgotten with its lock, is not taken for held.
//!
//! Modules without holder words are looked at again [`SECOND_LOOK`] later instead: still the same, still waiting.
//!
//! A lock whose owner has died is never released: a chain that ends there is a deadlock as well. One whose owner
//! returned without releasing it (a forgotten guard) could still be released by somebody else, and is one only
//! when every thread that is left waits.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use threadlink_abi::layout;
use threadlink_trace as trace;

use super::Run;
use super::threads::{Thread, Wait};
use crate::guest::site::{self, Site};
use crate::outcome::End;

/// After how long a suspicion in a module without holder words is checked again.
const SECOND_LOOK: Duration = Duration::from_millis(200);

/// Threads that wait for each other in a circle, or for one that has died.
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
    /// does not wait ([`Waiting::Never`]).
    pub edges: Vec<DeadlockEdge>,
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
    /// before joins this thread.
    pub holds: Option<(u32, Option<Site>)>,
    /// What it waits for itself.
    pub waits: Waiting,
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
    /// For the end of this thread (as messages show it), joined at this place.
    Thread(String, Option<Site>),
    /// For nothing: it has died, and what it held stays locked.
    Died,
    /// For nothing: it has returned without releasing the lock.
    Never,
}

impl DeadlockReport {
    /// As the trace keeps it.
    pub(super) fn to_trace(&self) -> trace::Deadlock {
        trace::Deadlock {
            edges: self.edges.iter().map(|edge| edge.raw).collect(),
        }
    }
}

impl fmt::Display for DeadlockReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |f: &mut fmt::Formatter<'_>, word: &str, site: &Option<Site>| match site {
            Some(site) => write!(f, " {word} {site}"),
            None => Ok(()),
        };
        match self.edges.as_slice() {
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
        for edge in &self.edges {
            write!(f, "  thread {} (id {})", edge.thread, edge.id)?;
            if let Some((lock, site)) = &edge.holds {
                write!(f, "\n    holds lock {lock:#x}")?;
                at(f, "taken at", site)?;
            }
            match &edge.waits {
                Waiting::Lock(lock, site) => {
                    write!(f, "\n    waits for lock {lock:#x}")?;
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
        Ok(())
    }
}

/// One thread of a chain as it was seen.
struct Link {
    thread: Arc<Thread>,
    steps: u64,
    waits: Option<Wait>,
    /// The lock by which the one before waits for this thread, and where it was taken.
    held: Option<(u32, u32)>,
}

/// How a chain ends.
enum Chain {
    Circle(Vec<Link>),
    Dead(Vec<Link>),
    Gone(Vec<Link>),
}

/// Looks for a deadlock through `thread`, which has just said what it waits for, and ends the run if there is one.
pub(crate) fn suspect(run: &Arc<Run>, thread: &Arc<Thread>) {
    let Some(chain) = follow(run, thread) else { return };
    if run.has_holder_words() {
        verdict(run, chain);
        return;
    }
    let (run, thread) = (run.clone(), thread.clone());
    let steps = steps_of(&chain);
    // If the system gives no thread, the deadlock goes unreported, as without tracing; the run goes on.
    let _ = std::thread::Builder::new()
        .name("threadlink-second-look".to_owned())
        .spawn(move || {
            std::thread::sleep(SECOND_LOOK);
            if let Some(chain) = follow(&run, &thread)
                && steps_of(&chain) == steps
            {
                verdict(&run, chain);
            }
        });
}

/// Looks for threads that can never go on because `ended` is gone. Costs nothing where nobody waits for a lock.
pub(super) fn after_end(run: &Arc<Run>, ended: &Arc<Thread>) {
    if !run.program.facts.hooks || run.ending.is_over() {
        return;
    }
    // A thread that returned can only complete a deadlock by leaving nobody awake, so that case is rare and is
    // looked for only then.
    if !ended.has_died() && !everyone_waits(run) {
        return;
    }
    for thread in run.threads.all() {
        if thread.is_running() && matches!(thread.waits_for(), Some(Wait::Lock(_))) {
            suspect(run, &thread);
        }
    }
}

fn everyone_waits(run: &Run) -> bool {
    run.threads
        .all()
        .iter()
        .all(|thread| !thread.is_running() || follow(run, thread).is_some())
}

fn steps_of(chain: &Chain) -> Vec<(u32, u64)> {
    let (Chain::Circle(links) | Chain::Dead(links) | Chain::Gone(links)) = chain;
    links.iter().map(|link| (link.thread.id, link.steps)).collect()
}

/// Follows who waits for whom, from `start` until the chain closes or ends.
fn follow(run: &Run, start: &Arc<Thread>) -> Option<Chain> {
    let mut links: Vec<Link> = Vec::new();
    let mut thread = start.clone();
    let mut held = None;
    loop {
        if let Some(first) = links.iter().position(|link| link.thread.id == thread.id) {
            let mut circle = links.split_off(first);
            circle[0].held = held;
            return Some(Chain::Circle(circle));
        }
        let steps = thread.steps();
        let waits = thread.waits_for();
        let (running, died) = (thread.is_running(), thread.has_died());
        links.push(Link {
            thread,
            steps,
            waits,
            held,
        });
        if !running {
            // A finished thread ends a chain only if a lock led to it; a join of it is about to return.
            return match (held, died) {
                (None, _) => None,
                (Some(_), true) => Some(Chain::Dead(links)),
                (Some(_), false) => Some(Chain::Gone(links)),
            };
        }
        let (next, by) = match waits? {
            Wait::Lock(lock) => {
                let entry = run.locks.entry(lock)?;
                (entry.owner()?, Some((lock, entry.site())))
            }
            Wait::Thread(id) => (id, None),
        };
        thread = match run.threads.get(next) {
            Some(thread) => thread,
            // Joined long ago, with the lock still in its name.
            None if by.is_some() => Arc::new(Thread::long_gone(next)),
            None => return None,
        };
        held = by;
    }
}

/// Ends the run if the chain is true of one moment.
fn verdict(run: &Arc<Run>, chain: Chain) {
    let (needs_everyone, links) = match chain {
        Chain::Circle(links) | Chain::Dead(links) => (false, links),
        Chain::Gone(links) => (true, links),
    };
    let held_by = |link: &Link| {
        let Some((lock, _)) = link.held else { return true };
        match (run.has_holder_words(), link.thread.block) {
            (true, Some(block)) => {
                let holder = lock
                    .checked_add(layout::lock::HOLDER)
                    .and_then(|at| run.memory.load(at));
                holder == Some(block.address())
            }
            _ => true,
        }
    };
    let stable = |link: &Link| link.thread.steps() == link.steps && link.thread.waits_for() == link.waits;
    if !links.iter().all(held_by) || !links.iter().all(stable) || (needs_everyone && !everyone_waits(run)) {
        return;
    }
    let edges = links.iter().map(|link| edge(run, link)).collect();
    let report = DeadlockReport { edges };
    let for_trace = report.to_trace();
    // The trace gets its record before the end is announced, because the end closes the trace.
    run.deadlock_once(&for_trace);
    run.end(Ok(End::Deadlock(report)));
}

fn edge(run: &Run, link: &Link) -> DeadlockEdge {
    let resolve = |address: u32| {
        run.define_site(address);
        site::read(&run.memory, run.location_layout(), address)
    };
    let site = link.thread.waiting_site();
    let (waits, raw_waits) = match link.waits {
        _ if link.thread.has_died() => (Waiting::Died, trace::Waits::Dead),
        Some(Wait::Lock(lock)) => (
            Waiting::Lock(lock, resolve(site)),
            trace::Waits::Lock { lock, site },
        ),
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
        None => (Waiting::Never, trace::Waits::Dead),
    };
    DeadlockEdge {
        id: link.thread.id,
        thread: link.thread.label(),
        holds: link.held.map(|(lock, site)| (lock, resolve(site))),
        waits,
        raw: trace::DeadlockEdge {
            thread: link.thread.id,
            holds: link.held.map(|(lock, site)| trace::HeldLock { lock, site }),
            waits: raw_waits,
        },
    }
}
