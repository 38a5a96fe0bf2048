//! The timeline: each thread's waits and holds, and each busy lock's holders and waiters.
//!
//! A page holds so many intervals. If there are more, it gets the longest ones, and for the rest how much of each of many equal
//! parts of the run they took: so it is as large for a hundred million events as for one.

mod levels;
mod longest;

use std::collections::HashMap;

use threadlink_analysis::Report;
use threadlink_trace::{EndKind, Trace};

use self::levels::Levels;
use self::longest::Longest;
use crate::base64;
use crate::json::{List, Object, json};
use crate::names::Names;
use crate::walk::{Kind, Locks, Span};

/// Threads with a lane: those with the most events.
const THREADS: usize = 256;
/// Locks with a lane: those most waited for.
const LOCKS: usize = 24;
/// Intervals that are there one by one: waits, and holds.
const SPANS: usize = 12_000;
/// Parts of the run, at most, and those of all lines together.
const PARTS: usize = 8192;
const CELLS: usize = 450_000;
/// Bytes of the locks in the intervals; those for which there is no room have no name there.
const LABEL_BYTES: usize = 250 << 10;

/// What stands for a whole part, where there may be more than a whole one: waiters for a lock.
const ONE_OF_MANY: u64 = 32;

/// The lines of a lane: of a thread's one for each kind, of a lock's those who hold it and those who wait.
const LOCK_PLANES: usize = 2;

/// The timeline in the making.
#[derive(Debug)]
pub(crate) struct Timeline<'a> {
    trace: &'a Trace,
    duration: u64,
    threads: Vec<u32>,
    lane_of_thread: HashMap<u32, usize>,
    /// By the address, name and place of those that have one: a lock of which the trace tells more than one stands there once.
    lane_of_origin: HashMap<Origin, usize>,
    /// By the number in the walk, once it was met.
    lane_of_lock: HashMap<u32, Option<usize>>,
    lock_lanes: Vec<Option<u32>>,
    levels: Levels,
    waits: Longest,
    holds: Longest,
}

/// What the report tells locks apart by.
type Origin = (u32, Option<String>, u32);

impl<'a> Timeline<'a> {
    pub(crate) fn new(trace: &'a Trace, report: &Report) -> Self {
        let mut busiest: Vec<(u64, u32)> = trace
            .threads()
            .iter()
            .filter(|info| info.events > 0)
            .map(|info| (info.events, info.id))
            .collect();
        busiest.sort_unstable_by_key(|&(events, id)| (std::cmp::Reverse(events), id));
        busiest.truncate(THREADS);
        let mut threads: Vec<u32> = busiest.into_iter().map(|(_, id)| id).collect();
        threads.sort_unstable();
        let waited = report.locks.iter().take(LOCKS);
        let lane_of_origin: HashMap<Origin, usize> = waited
            .filter(|lock| lock.total.contended > 0 || !lock.waiting_at_end.is_empty())
            .map(|lock| {
                let origin = &lock.origin;
                let made = origin.made.as_ref().map_or(0, |site| site.address);
                (origin.address, origin.name.as_deref().map(str::to_owned), made)
            })
            .enumerate()
            .map(|(lane, origin)| (origin, lane))
            .collect();
        let planes = threads.len() * Kind::COUNT + lane_of_origin.len() * LOCK_PLANES;
        let parts = (CELLS / planes.max(1)).clamp(1, PARTS);
        Self {
            trace,
            duration: report.duration_ns,
            lane_of_thread: threads.iter().enumerate().map(|(lane, &id)| (id, lane)).collect(),
            threads,
            lane_of_lock: HashMap::new(),
            lock_lanes: vec![None; lane_of_origin.len()],
            lane_of_origin,
            levels: Levels::new(planes, parts, report.duration_ns),
            waits: Longest::new(SPANS),
            holds: Longest::new(SPANS),
        }
    }

    pub(crate) fn add(&mut self, locks: &Locks<'a>, span: Span) {
        if let Some(&lane) = self.lane_of_thread.get(&span.thread) {
            let plane = lane * Kind::COUNT + span.kind as usize;
            self.levels.add(plane, span.start, span.end);
        }
        if let Some(lane) = self.lock_lane(locks, span) {
            let plane = self.threads.len() * Kind::COUNT + lane * LOCK_PLANES;
            let waits = usize::from(span.kind != Kind::Hold);
            self.levels.add(plane + waits, span.start, span.end);
        }
        match span.kind {
            Kind::Hold => self.holds.add(span),
            _ => self.waits.add(span),
        }
    }

    fn lock_lane(&mut self, locks: &Locks<'a>, span: Span) -> Option<usize> {
        let lock = span.lock?;
        if let Some(&known) = self.lane_of_lock.get(&lock) {
            return known;
        }
        let (address, info) = locks.get(lock);
        let name = info.and_then(|info| info.name.as_deref()).map(str::to_owned);
        let made = info.map_or(0, |info| info.made);
        let made = self.trace.site(made).map_or(0, |site| site.address);
        let lane = self.lane_of_origin.get(&(address, name, made)).copied();
        if let Some(lane) = lane {
            self.lock_lanes[lane] = Some(lock);
        }
        // Of millions of locks, those that have no lane are looked up again: it is rare that a trace has so many.
        if self.lane_of_lock.len() < 1 << 20 {
            self.lane_of_lock.insert(lock, lane);
        }
        lane
    }

    pub(crate) fn write(&self, locks: &Locks<'a>, names: &mut Names<'a>) -> String {
        let exact = self.waits.has_all() && self.holds.has_all();
        let planes = |first: usize, count: usize, one: &dyn Fn(usize) -> u64| {
            let shares = (0..count).map(|at| base64::encode(&self.levels.shares(first + at, one(at))));
            json(&shares.collect::<Vec<_>>())
        };
        let mut lanes: Vec<String> = Vec::new();
        for (lane, &id) in self.threads.iter().enumerate() {
            let info = self.trace.thread(id);
            let object = Object::default()
                .value("thread", &id)
                .value("name", &names.thread(id))
                .value("first", &info.and_then(|info| info.first))
                .value("last", &info.and_then(|info| info.last))
                .value("ended", &info.and_then(|info| info.ended).map(how));
            let object = if exact {
                object
            } else {
                object.part("parts", &planes(lane * Kind::COUNT, Kind::COUNT, &|_| 255))
            };
            lanes.push(object.end());
        }
        let mut lock_lanes: Vec<String> = Vec::new();
        for (lane, lock) in self.lock_lanes.iter().enumerate() {
            let label = lock.map(|lock| label(locks, lock, names));
            let object = Object::default().value("lock", &label);
            let first = self.threads.len() * Kind::COUNT + lane * LOCK_PLANES;
            let one = |at: usize| if at == 0 { 255 } else { ONE_OF_MANY };
            let object = if exact {
                object
            } else {
                object.part("parts", &planes(first, LOCK_PLANES, &one))
            };
            lock_lanes.push(object.end());
        }
        let (spans, labels) = self.spans(locks, names);
        let with_events = self.trace.threads().iter().filter(|info| info.events > 0);
        let hidden = with_events.count() - self.threads.len();
        Object::default()
            .value("duration", &self.duration)
            .value("exact", &exact)
            .value("part", &self.levels.width())
            .value("oneOfMany", &ONE_OF_MANY)
            .value("waits", &self.waits.all)
            .value("holds", &self.holds.all)
            .value("shown", &(self.waits.iter().count() + self.holds.iter().count()))
            .value("hiddenThreads", &hidden)
            .part("threads", &format!("[{}]", lanes.join(",")))
            .part("locks", &format!("[{}]", lock_lanes.join(",")))
            .part("labels", &labels)
            .value("spans", &spans)
            .end()
    }

    /// The intervals one by one, in the order of time: for each the numbers that `page/spans.js` reads. And the locks in them.
    fn spans(&self, locks: &Locks<'a>, names: &mut Names<'a>) -> (String, String) {
        let mut all: Vec<Span> = self.waits.iter().chain(self.holds.iter()).collect();
        all.sort_unstable();
        let mut labels = List::of_at_most(LABEL_BYTES);
        let mut known: HashMap<u32, u64> = HashMap::new();
        let mut bytes = Vec::new();
        let mut before = 0;
        // One more than the number of what there is; 0 for nothing.
        let lane = |thread: Option<u32>| {
            let lane = thread.and_then(|thread| self.lane_of_thread.get(&thread));
            lane.map_or(0, |&lane| lane as u64 + 1)
        };
        for span in all {
            let lock = span.lock.map_or(0, |lock| {
                *known.entry(lock).or_insert_with(|| {
                    let lane = self.lane_of_lock.get(&lock).copied().flatten();
                    // One more than its place in the list.
                    if labels.push(&(label(locks, lock, names), lane)) {
                        labels.shown
                    } else {
                        0
                    }
                })
            });
            for number in [
                span.start - before,
                span.end - span.start,
                span.kind as u64 * 2 + u64::from(span.open),
                lane(Some(span.thread)),
                u64::from(span.thread),
                lock,
                names.address(span.site),
                span.by.map_or(0, |by| u64::from(by) + 1),
            ] {
                base64::number(&mut bytes, number);
            }
            before = span.start;
        }
        (base64::encode(&bytes), labels.items())
    }
}

fn how(ended: EndKind) -> &'static str {
    match ended {
        EndKind::Returned => "returned",
        _ => "died",
    }
}

/// What a lock is called: its name, or null; where it was made; its address.
fn label(locks: &Locks<'_>, lock: u32, names: &mut Names<'_>) -> (Option<u64>, u64, u32) {
    let (address, info) = locks.get(lock);
    let name = names.text(info.and_then(|info| info.name.as_deref()));
    (name, names.address(info.map_or(0, |info| info.made)), address)
}
