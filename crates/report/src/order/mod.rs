//! The lock order: which lock was taken while which other was held, with locks that were made at one place as one box.

mod layout;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use threadlink_analysis::{FindingKind, Report};
use threadlink_trace::{LockOrigin, Site, Trace, Waiting};

use crate::json::{Object, json};
use crate::names::Names;
use crate::walk::{Held, Locks};

/// Pairs of boxes that are remembered.
const PAIRS: usize = 20_000;
/// Boxes and lines that are shown: those in circles first, then the busiest.
const BOXES: usize = 60;
const LINES: usize = 240;
/// Locks of a box that are counted.
const COUNTED: usize = 10_000;

/// What the locks of a box have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Group {
    Made(Arc<str>, u32, u32),
    Named(Arc<str>),
    At(u32),
}

impl Group {
    fn of(made: Option<&Site>, name: Option<&Arc<str>>, address: u32) -> Self {
        match (made, name) {
            (Some(site), _) => Self::Made(Arc::clone(&site.file), site.line, site.column),
            (None, Some(name)) => Self::Named(Arc::clone(name)),
            (None, None) => Self::At(address),
        }
    }
}

#[derive(Debug)]
struct Node {
    group: Group,
    /// The first lock of it.
    first: u32,
    /// What they are all called, if they are called the same.
    name: Option<Arc<str>>,
    locks: BTreeSet<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    times: u64,
    /// Where the first was taken that was held, and the other, the first time.
    held: u32,
    taken: u32,
}

/// The lock order in the making.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    trace: &'a Trace,
    boxes: Vec<Node>,
    numbers: HashMap<Group, usize>,
    of_lock: HashMap<u32, usize>,
    lines: BTreeMap<(usize, usize), Line>,
    left_out: u64,
}

impl<'a> Order<'a> {
    pub(crate) fn new(trace: &'a Trace) -> Self {
        Self {
            trace,
            boxes: Vec::new(),
            numbers: HashMap::new(),
            of_lock: HashMap::new(),
            lines: BTreeMap::new(),
            left_out: 0,
        }
    }

    pub(crate) fn add(&mut self, locks: &Locks<'a>, held: Held, taken: Held) {
        if held.lock == taken.lock {
            return;
        }
        if self.lines.len() >= PAIRS {
            // What is known goes on being counted.
            let known = |lock| self.of_lock.get(&lock).copied();
            let pair = known(held.lock).zip(known(taken.lock));
            match pair.and_then(|pair| self.lines.get_mut(&pair)) {
                Some(line) => line.times += 1,
                None => self.left_out += 1,
            }
            return;
        }
        let pair = (self.number(locks, held.lock), self.number(locks, taken.lock));
        let line = self.lines.entry(pair).or_insert(Line {
            times: 0,
            held: held.site,
            taken: taken.site,
        });
        line.times += 1;
    }

    fn number(&mut self, locks: &Locks<'a>, lock: u32) -> usize {
        if let Some(&number) = self.of_lock.get(&lock) {
            return number;
        }
        let (address, info) = locks.get(lock);
        let made = info.and_then(|info| self.trace.site(info.made).filter(|site| site.address != 0));
        let name = info.and_then(|info| info.name.as_ref());
        let group = Group::of(made, name, address);
        let next = self.boxes.len();
        let number = *self.numbers.entry(group.clone()).or_insert(next);
        if number == next {
            self.boxes.push(Node {
                group,
                first: lock,
                name: name.cloned(),
                locks: BTreeSet::new(),
            });
        }
        let entry = &mut self.boxes[number];
        if entry.name.as_ref() != name {
            entry.name = None;
        }
        if entry.locks.len() < COUNTED {
            entry.locks.insert(lock);
        }
        self.of_lock.insert(lock, number);
        number
    }

    /// The lines that findings are about, each with the gravest of them.
    fn found(&self, report: &Report) -> BTreeMap<(usize, usize), FindingKind> {
        let mut found = BTreeMap::new();
        for finding in &report.deadlocks.findings {
            let origins = &finding.deadlock.locks;
            let number = |address: u32| {
                let origin = origins.iter().find(|lock| lock.address == address)?;
                let LockOrigin { name, made, .. } = origin;
                self.numbers
                    .get(&Group::of(made.as_ref(), name.as_ref(), address))
            };
            for edge in &finding.deadlock.edges {
                let held = edge.holds.as_ref().map(|hold| hold.lock);
                let wanted = match edge.waits {
                    Waiting::Lock(lock, _) | Waiting::Read(lock, _) | Waiting::Write(lock, _) => Some(lock),
                    _ => None,
                };
                if let (Some(&from), Some(&to)) = (held.and_then(number), wanted.and_then(number)) {
                    let kind = found.entry((from, to)).or_insert(finding.kind);
                    *kind = (*kind).min(finding.kind);
                }
            }
        }
        found
    }

    pub(crate) fn write(&self, report: &Report, locks: &Locks<'a>, names: &mut Names<'a>) -> String {
        let found = self.found(report);
        let pairs: Vec<(usize, usize)> = self.lines.keys().copied().collect();
        let component = layout::components(self.boxes.len(), &pairs);
        // A box of several locks that were taken within each other is one by itself.
        let circle = |&(from, to): &(usize, usize)| component[from] == component[to];
        let mut ranked = pairs.clone();
        ranked.sort_by_key(|pair| {
            let kind = found.get(pair).map_or(3, |&kind| kind as u8);
            (
                kind,
                !circle(pair),
                std::cmp::Reverse(self.lines[pair].times),
                *pair,
            )
        });
        let mut shown: BTreeMap<usize, usize> = BTreeMap::new();
        let mut lines = Vec::new();
        for pair in ranked {
            let new = [pair.0, pair.1].into_iter().collect::<BTreeSet<_>>();
            let new = new.iter().filter(|number| !shown.contains_key(number)).count();
            if lines.len() >= LINES || shown.len() + new > BOXES {
                continue;
            }
            for number in [pair.0, pair.1] {
                let next = shown.len();
                shown.entry(number).or_insert(next);
            }
            lines.push(pair);
        }
        let drawn: Vec<(usize, usize)> = lines.iter().map(|(from, to)| (shown[from], shown[to])).collect();
        let places = layout::place(shown.len(), &drawn);
        let mut boxes: Vec<(usize, String)> = shown
            .iter()
            .map(|(&number, &at)| (at, self.write_box(number, places[at], locks, names)))
            .collect();
        boxes.sort_unstable();
        let boxes: Vec<String> = boxes.into_iter().map(|(_, json)| json).collect();
        let lines: Vec<String> = lines
            .iter()
            .zip(&drawn)
            .map(|(pair, at)| {
                let line = self.lines[pair];
                Object::default()
                    .value("from", &at.0)
                    .value("to", &at.1)
                    .value("times", &line.times)
                    .value("held", &names.address(line.held))
                    .value("taken", &names.address(line.taken))
                    .value("circle", &circle(pair))
                    .value("kind", &found.get(pair).map(|kind| kind.as_str()))
                    .end()
            })
            .collect();
        Object::default()
            .value("allBoxes", &self.boxes.len())
            .value("allLines", &self.lines.len())
            .value("leftOut", &self.left_out)
            .part("boxes", &format!("[{}]", boxes.join(",")))
            .part("lines", &format!("[{}]", lines.join(",")))
            .end()
    }

    fn write_box(
        &self,
        number: usize,
        (column, row): (usize, usize),
        locks: &Locks<'a>,
        names: &mut Names<'a>,
    ) -> String {
        let entry = &self.boxes[number];
        let (address, info) = locks.get(entry.first);
        let made = match &entry.group {
            Group::Made(..) => names.address(info.map_or(0, |info| info.made)),
            Group::Named(_) | Group::At(_) => 0,
        };
        Object::default()
            .value("column", &column)
            .value("row", &row)
            .value("name", &names.text(entry.name.as_deref()))
            .value("made", &made)
            .value("id", &address)
            .part("locks", &json(&entry.locks.len()))
            .end()
    }
}
