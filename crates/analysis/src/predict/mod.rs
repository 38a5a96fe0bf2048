//! Deadlocks that another schedule could have met: candidates, and which of them are proven.
//!
//! Sync-preserving prediction (Tunç, Mathur, Pavlogiannis and Viswanathan, PLDI 2023), in two readings of a trace. The first one
//! remembers what each thread takes while it holds what ([`buckets`], [`sets`]). Where these wait for each other in a circle
//! ([`components`], [`cycles`]), the second reading keeps the sections and the order of events ([`history`], [`order`]), by which
//! each candidate is proven or not ([`check`]). Most programs have no candidate, and no second reading. What the trace ends in is
//! seen without ([`standing`]).
//!
//! What is remembered is bounded. Where a bound is met the trace counts as if it ended there, which keeps what is predicted true;
//! and the report says so.

mod buckets;
mod check;
mod components;
mod cycles;
mod history;
mod order;
mod sets;
mod standing;

use std::collections::{HashMap, HashSet};

use threadlink_trace::{EventKind, Mode, Trace};

use crate::identity::Table;
use buckets::Buckets;
use check::{Check, Verdict};
use cycles::Cycle;
use history::{History, Instance};
use order::Order;
pub(crate) use standing::Asked;

/// How many candidates are looked for.
///
/// # Examples
/// ```
/// use threadlink_analysis::Bounds;
///
/// assert_eq!((Bounds::default().length, Bounds::default().cycles), (32, 10_000));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Threads in a circle.
    pub length: usize,
    /// Circles in a component: of buckets that wait for each other, directly or not.
    pub cycles: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            length: 32,
            cycles: 10_000,
        }
    }
}

/// Records of the history, 24 bytes each or less, after which no more are kept.
const MOST_RECORDS: usize = 4_000_000;
/// How many of them there are when candidates are checked for the first time: who is proven needs no more of them.
const FIRST_CHECK: usize = 1 << 16;
/// Sections and edges that are looked at in all checks together.
const MOST_LOOKS: u64 = 200_000_000;

/// One thread of a circle: it holds the lock for which the one before it waits, and asks for the next one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) thread: u32,
    /// By its number in the table.
    pub(crate) held: u32,
    pub(crate) held_mode: Mode,
    pub(crate) held_site: u32,
    pub(crate) wanted: u32,
    pub(crate) wanted_mode: Mode,
    pub(crate) wanted_site: u32,
}

/// A circle of threads that could wait for each other, as far as their locks are concerned.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) links: Vec<Link>,
    pub(crate) predicted: bool,
}

/// What was found, and which bounds were met.
#[derive(Debug, Default)]
pub(crate) struct Prediction {
    pub(crate) candidates: Vec<Candidate>,
    /// Those in which the threads wait at the end of the trace.
    pub(crate) standing: Vec<Vec<Link>>,
    pub(crate) bounds: Vec<String>,
}

/// Sees the first reading of a trace, and then predicts. Locks are numbers in a [`Table`].
pub(crate) struct Predictor {
    buckets: Buckets,
    bounds: Bounds,
}

impl Predictor {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            buckets: Buckets::new(),
            bounds,
        }
    }

    /// An event of the first reading, and the number of the lock that it is about, or of the mutex for a wait.
    pub(crate) fn event(&mut self, thread: u32, kind: EventKind, lock: Option<u32>) {
        match (kind, lock) {
            (EventKind::Acquire { site, op, mode, .. }, Some(lock)) => {
                self.buckets.acquired(thread, lock, mode, site, op);
            }
            (EventKind::Release { mode, .. }, Some(lock)) => self.buckets.released(thread, lock, mode),
            (EventKind::Wait { condvar, .. }, Some(mutex)) => self.buckets.waits(condvar, mutex),
            (EventKind::Notify { condvar, .. }, _) => self.buckets.notifies(thread, condvar),
            (EventKind::End { .. }, _) => self.buckets.ended(thread),
            _ => {}
        }
    }

    /// What could have happened. `asked` is what threads wait for when the trace ends.
    pub(crate) fn predict<T: Default>(
        mut self,
        trace: &Trace,
        locks: &mut Table<T>,
        asked: impl Iterator<Item = Asked>,
    ) -> Prediction {
        let mut bounds = Vec::new();
        let standing = standing::circles(&self.buckets, asked);
        if self.buckets.is_full() {
            bounds.push("a thread held more than 1,024 locks at once, or there were too many sets of locks held at once: what \
                         came after was not looked at for deadlocks that could happen".to_owned());
        }
        let holders = components::holders(&self.buckets);
        let components = components::components(&self.buckets, &holders);
        let found = cycles::find(&self.buckets, &holders, &components, self.bounds);
        drop((holders, components));
        if found.cut_components > 0 {
            let (cut, most) = (found.cut_components, self.bounds.cycles);
            bounds.push(format!(
                "in {cut} of the components of the lock order the search ended early (after {most} circles at most): there may \
                 be more deadlocks that could happen"
            ));
        }
        if found.longer {
            let length = self.bounds.length;
            bounds.push(format!(
                "circles of more than {length} threads were not looked at"
            ));
        }
        let proofs = if found.cycles.is_empty() {
            Vec::new()
        } else {
            self.prove(trace, locks, &found.cycles, &mut bounds)
        };
        let candidates = found.cycles.iter().zip(proofs).map(|(cycle, proof)| Candidate {
            predicted: proof.is_some(),
            links: proof.unwrap_or_else(|| self.first_links(cycle)),
        });
        Prediction {
            candidates: candidates.collect(),
            standing,
            bounds,
        }
    }

    /// The second reading: for each cycle the links that are proven, if it is.
    fn prove<T: Default>(
        &mut self,
        trace: &Trace,
        locks: &mut Table<T>,
        cycles: &[Cycle],
        bounds: &mut Vec<String>,
    ) -> Vec<Option<Vec<Link>>> {
        let buckets = &mut self.buckets;
        let mut order = Order::new(buckets.take_guards());
        buckets.restart();
        let mut proofs = Proofs::of(cycles);
        let mut history = History::default();
        let mut next_check = FIRST_CHECK;
        for event in trace.events() {
            let thread = event.thread;
            let lock = match event.kind {
                EventKind::Acquire { lock, .. } | EventKind::Release { lock, .. } => {
                    Some(locks.number(trace, lock, event.time))
                }
                _ => None,
            };
            if let (EventKind::Acquire { site, op, mode, .. }, Some(lock)) = (event.kind, lock)
                && let Some(bucket) = buckets.acquired(thread, lock, mode, site, op)
                && proofs.needs(bucket)
            {
                history.point(thread);
                if history.event(thread).is_none() {
                    break;
                }
                history.instance(bucket, thread, site);
            } else if history.event(thread).is_none() {
                break;
            }
            order.event(&mut history, event, lock);
            match (event.kind, lock) {
                (EventKind::Acquire { site, mode, .. }, Some(lock)) if buckets.is_shared(lock) => {
                    history.acquired(thread, lock, mode, site);
                }
                (EventKind::Release { mode, .. }, Some(lock)) => {
                    buckets.released(thread, lock, mode);
                    history.released(thread, lock, mode);
                }
                (EventKind::End { .. }, _) => buckets.ended(thread),
                _ => {}
            }
            if history.records() >= next_check {
                proofs.check(buckets, &history);
                next_check *= 2;
                if proofs.open == 0 {
                    break;
                }
            }
            if history.records() >= MOST_RECORDS {
                bounds.push(format!(
                    "the trace has more sections than are remembered at once: only what happened in the first {} ns of the run \
                     was looked at for proofs",
                    event.time
                ));
                break;
            }
            if buckets.is_full() {
                break;
            }
        }
        proofs.check(buckets, &history);
        if proofs.unchecked {
            bounds.push("there are too many candidates to look at all of them: some are called order inversions unchecked".to_owned());
        }
        proofs.links
    }

    /// The links of a cycle as its buckets were first seen.
    fn first_links(&self, cycle: &Cycle) -> Vec<Link> {
        links(&self.buckets, cycle, |at, held| {
            let bucket = &self.buckets.all[cycle[at] as usize];
            let set = self.buckets.sets.get(bucket.set);
            let site = set.iter().position(|&(lock, _)| lock == held);
            (site.map_or(0, |site| bucket.held_sites[site]), bucket.site)
        })
    }
}

/// The links of a cycle; `sites` says where the one of this index took the lock that it holds, and where it asks for the other.
fn links(buckets: &Buckets, cycle: &Cycle, sites: impl Fn(usize, u32) -> (u32, u32)) -> Vec<Link> {
    let bucket = |at: usize| &buckets.all[cycle[at % cycle.len()] as usize];
    let link = |at: usize| {
        let (own, before) = (bucket(at), bucket(at + cycle.len() - 1));
        let held = before.lock;
        let (held_site, wanted_site) = sites(at, held);
        Link {
            thread: own.thread,
            held,
            held_mode: cycles::holds(buckets, own, held).unwrap_or_default(),
            held_site,
            wanted: own.lock,
            wanted_mode: own.mode,
            wanted_site,
        }
    };
    (0..cycle.len()).map(link).collect()
}

/// Which cycles are proven.
struct Proofs<'a> {
    cycles: &'a [Cycle],
    links: Vec<Option<Vec<Link>>>,
    /// How many are not proven.
    open: usize,
    /// Buckets of those.
    needed: HashSet<u32>,
    looks: u64,
    unchecked: bool,
}

impl<'a> Proofs<'a> {
    fn of(cycles: &'a [Cycle]) -> Self {
        Self {
            cycles,
            links: vec![None; cycles.len()],
            open: cycles.len(),
            needed: cycles.iter().flatten().copied().collect(),
            looks: 0,
            unchecked: false,
        }
    }

    fn needs(&self, bucket: u32) -> bool {
        self.needed.contains(&bucket)
    }

    /// Checks all that are not proven, on the history so far.
    fn check(&mut self, buckets: &Buckets, history: &History) {
        let mut check = Check::new(history);
        // What one checking leaves out, the last one may have time for.
        self.unchecked = false;
        for (cycle, links) in self.cycles.iter().zip(&mut self.links) {
            if links.is_some() {
                continue;
            }
            if self.looks + check.looks > MOST_LOOKS {
                self.unchecked = true;
                break;
            }
            check.looks += 1;
            if let Verdict::Predicted(instances) = check.of(buckets, cycle) {
                *links = Some(proven(buckets, history, cycle, &instances));
                self.open -= 1;
            }
        }
        self.looks += check.looks;
        let open = self
            .cycles
            .iter()
            .zip(&self.links)
            .filter(|(_, links)| links.is_none());
        self.needed = open.flat_map(|(cycle, _)| cycle).copied().collect();
    }
}

/// The links of these acquires.
fn proven(buckets: &Buckets, history: &History, cycle: &Cycle, instances: &[Instance]) -> Vec<Link> {
    let mut taken: HashMap<(usize, u32), u32> = HashMap::new();
    for (at, instance) in instances.iter().enumerate() {
        let held = buckets.all[cycle[(at + cycle.len() - 1) % cycle.len()] as usize].lock;
        let line = history.line(buckets.all[cycle[at] as usize].thread);
        let sections = line.map_or(&[][..], |line| &line.sections);
        let before = sections.partition_point(|section| section.acquire < instance.at);
        let section = sections[..before].iter().rfind(|section| section.lock == held);
        taken.insert((at, held), section.map_or(0, |section| section.site));
    }
    links(buckets, cycle, |at, held| {
        (taken.get(&(at, held)).copied().unwrap_or(0), instances[at].site)
    })
}
