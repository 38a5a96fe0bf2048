//! The linear prediction against a search of all sync-preserving reorderings of small random runs, read-write locks included:
//! they agree on how many candidates there are and how many of them some reordering meets.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use proptest::prelude::*;
use threadlink_analysis::Report;
use threadlink_trace::testing::written;
use threadlink_trace::{AcquireOp, EndKind, Event, EventKind, Mode, Trace};

const THREADS: usize = 3;
const LOCKS: u32 = 3;

/// A well-formed run made of any choices: those that cannot be made are left out.
fn run(choices: &[(u8, u8, u8)]) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let mut begun = [true, false, false];
    let mut ended = [false; THREADS];
    let mut held: Vec<Vec<(u32, Mode)>> = vec![Vec::new(); THREADS];
    let mut add = |thread: usize, kind| events.push(Event::new(events.len() as u64 + 1, thread as u32, kind));
    add(0, EventKind::Start);
    for &(who, what, with) in choices {
        let thread = usize::from(who) % THREADS;
        if ended[thread] {
            continue;
        }
        if !begun[thread] {
            begun[thread] = true;
            add(0, EventKind::Fork { child: thread as u32 });
            add(thread, EventKind::Start);
        }
        let lock = u32::from(with) % LOCKS;
        let mode = if with & 0x30 == 0 {
            Mode::Shared
        } else {
            Mode::Exclusive
        };
        match what % 32 {
            0..=16 => {
                let free = held
                    .iter()
                    .flatten()
                    .all(|&(other, taken)| other != lock || (taken, mode) == (Mode::Shared, Mode::Shared));
                if free && held[thread].iter().all(|&(own, _)| own != lock) {
                    let op = if with & 0xc0 == 0xc0 {
                        AcquireOp::Try
                    } else {
                        AcquireOp::Blocking
                    };
                    let (site, contended) = (lock + 1, false);
                    if op == AcquireOp::Blocking {
                        add(
                            thread,
                            EventKind::Request {
                                lock,
                                site,
                                contended,
                                mode,
                            },
                        );
                    }
                    add(thread, EventKind::Acquire { lock, site, op, mode });
                    held[thread].push((lock, mode));
                }
            }
            17..=30 if !held[thread].is_empty() => {
                let at = held[thread].len() - 1 - usize::from(with & 0x40 != 0) % held[thread].len();
                let (lock, mode) = held[thread].remove(at);
                add(thread, EventKind::Release { lock, mode });
            }
            17..=30 => {}
            _ if thread != 0 => {
                ended[thread] = true;
                add(
                    thread,
                    EventKind::End {
                        how: EndKind::Returned,
                    },
                );
                let (child, reaped, failed) = (thread as u32, with & 1 == 0, false);
                if !reaped {
                    add(0, EventKind::JoinRequest { child, site: 0 });
                }
                add(
                    0,
                    EventKind::Join {
                        child,
                        reaped,
                        failed,
                    },
                );
            }
            _ => {}
        }
    }
    events
}

fn excludes(one: Mode, other: Mode) -> bool {
    one == Mode::Exclusive || other == Mode::Exclusive
}

/// Thread, lock, mode, and what is held.
type Bucket = (u32, u32, Mode, BTreeMap<u32, Mode>);

struct Search {
    /// The events of each thread.
    lines: Vec<Vec<Event>>,
    /// Where each bucket's thread stands before one of its acquires.
    buckets: BTreeMap<Bucket, Vec<usize>>,
    reached: HashSet<Vec<usize>>,
}

impl Search {
    fn of(events: &[Event]) -> Self {
        let mut lines: Vec<Vec<Event>> = vec![Vec::new(); THREADS];
        let mut held: Vec<BTreeMap<u32, Mode>> = vec![BTreeMap::new(); THREADS];
        let mut buckets: BTreeMap<Bucket, Vec<usize>> = BTreeMap::new();
        for event in events {
            let thread = event.thread as usize;
            match event.kind {
                EventKind::Acquire { lock, op, mode, .. } => {
                    if op == AcquireOp::Blocking && !held[thread].is_empty() {
                        let bucket = (event.thread, lock, mode, held[thread].clone());
                        buckets.entry(bucket).or_default().push(lines[thread].len());
                    }
                    held[thread].insert(lock, mode);
                }
                EventKind::Release { lock, .. } => drop(held[thread].remove(&lock)),
                _ => {}
            }
            lines[thread].push(*event);
        }
        let mut search = Self {
            lines,
            buckets,
            reached: HashSet::new(),
        };
        let mut todo = vec![vec![0; THREADS]];
        while let Some(cut) = todo.pop() {
            if !search.reached.insert(cut.clone()) {
                continue;
            }
            for thread in 0..THREADS {
                if search.may_go_on(&cut, thread) {
                    let mut next = cut.clone();
                    next[thread] += 1;
                    todo.push(next);
                }
            }
        }
        search
    }

    fn done<'a>(&'a self, cut: &'a [usize]) -> impl Iterator<Item = &'a Event> {
        self.lines.iter().zip(cut).flat_map(|(line, &end)| &line[..end])
    }

    /// Whether the thread's next event can come after this cut, and no lock's sections change their order by that.
    fn may_go_on(&self, cut: &[usize], thread: usize) -> bool {
        let Some(event) = self.lines[thread].get(cut[thread]) else {
            return false;
        };
        match event.kind {
            EventKind::Start => {
                thread == 0
                    || self.done(cut).any(
                        |done| matches!(done.kind, EventKind::Fork { child } if child as usize == thread),
                    )
            }
            EventKind::Join {
                child, reaped: false, ..
            } => cut[child as usize] == self.lines[child as usize].len(),
            EventKind::Acquire {
                lock: wanted, mode, ..
            } => {
                let after = self.done(cut).any(|done| match done.kind {
                    EventKind::Acquire {
                        lock, mode: taken, ..
                    } => lock == wanted && excludes(mode, taken) && done.time > event.time,
                    _ => false,
                });
                !after
                    && (0..THREADS).all(|other| {
                        self.held(other, cut[other], wanted)
                            .is_none_or(|held| !excludes(held, mode))
                    })
            }
            _ => true,
        }
    }

    fn held(&self, thread: usize, end: usize, wanted: u32) -> Option<Mode> {
        self.lines[thread][..end]
            .iter()
            .rev()
            .find_map(|event| match event.kind {
                EventKind::Acquire { lock, mode, .. } if lock == wanted => Some(Some(mode)),
                EventKind::Release { lock, .. } if lock == wanted => Some(None),
                _ => None,
            })?
    }

    /// All candidates, and those of which a reachable cut has all threads before their acquires.
    fn counts(&self) -> (u64, u64) {
        let all: Vec<&Bucket> = self.buckets.keys().collect();
        let (mut candidates, mut predicted) = (0, 0);
        let mut paths: Vec<Vec<usize>> = (0..all.len()).map(|at| vec![at]).collect();
        while let Some(path) = paths.pop() {
            let (last, first) = (all[path[path.len() - 1]], all[path[0]]);
            let waits =
                |one: &Bucket, other: &Bucket| other.3.get(&one.1).is_some_and(|&held| excludes(one.2, held));
            if path.len() > 1 && waits(last, first) {
                candidates += 1;
                let stand = |cut: &&Vec<usize>| {
                    path.iter()
                        .all(|&at| self.buckets[all[at]].contains(&cut[all[at].0 as usize]))
                };
                predicted += u64::from(self.reached.iter().any(|cut| stand(&cut)));
            }
            for next in path[0] + 1..all.len() {
                let apart = path.iter().all(|&at| {
                    let (one, other) = (all[at], all[next]);
                    let gate = one
                        .3
                        .iter()
                        .any(|(lock, &mode)| other.3.get(lock).is_some_and(|&held| excludes(mode, held)));
                    one.0 != other.0 && one.1 != other.1 && !gate
                });
                if apart && waits(last, all[next]) {
                    paths.push([&path[..], &[next]].concat());
                }
            }
        }
        (candidates, predicted)
    }
}

fn agree(events: &[Event]) -> (u64, u64) {
    let report = Report::of(&Trace::read(&written(events, |_| ())[..]).unwrap());
    assert_eq!(report.violations, []);
    let found = (report.deadlocks.candidates, report.deadlocks.predicted);
    let expected = Search::of(events).counts();
    assert_eq!(found, expected, "{events:#?}");
    let threads: BTreeSet<usize> = report
        .deadlocks
        .findings
        .iter()
        .map(|finding| finding.deadlock.edges.len())
        .collect();
    assert!(threads.iter().all(|&threads| (2..=THREADS).contains(&threads)));
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn prediction_and_search_agree(choices in prop::collection::vec(any::<(u8, u8, u8)>(), 10..80)) {
        agree(&run(&choices));
    }
}

/// That the runs above are such that something is found in them.
#[test]
fn many_runs_have_candidates_of_both_sorts() {
    let mut random = threadlink_trace::testing::simulation::Random(7);
    let (mut predicted, mut rejected) = (0, 0);
    for _ in 0..600 {
        let mut byte = || random.below(256) as u8;
        let choices: Vec<(u8, u8, u8)> = (0..60).map(|_| (byte(), byte(), byte())).collect();
        let (candidates, proven) = agree(&run(&choices));
        predicted += proven;
        rejected += candidates - proven;
    }
    assert!(predicted >= 60 && rejected >= 20, "{predicted} and {rejected}");
}
