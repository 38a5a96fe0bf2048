//! Traces of compact events: what they stand for, in which order, and that nothing of it is lost.

use std::collections::{BTreeMap, HashMap};
use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use proptest::prelude::*;

use super::buffer::Events;
use super::{Recorder, TraceWriter};
use crate::compact::{CompactEvent, CompactKind, CompactSource, Gate};
use crate::event::{AcquireOp, Event, EventKind, Mode};
use crate::reader::Trace;
use crate::testing::simulation::{Random, Run, simulate};
use crate::testing::{Kept, unswept};
use crate::validate::validate;

/// After this long, a test that waits for another thread fails instead.
const WATCHDOG: Duration = Duration::from_secs(60);

/// A source that keeps what it is given.
#[derive(Default)]
struct Waiting(Mutex<Vec<CompactEvent>>);

impl CompactSource for Waiting {
    fn take(&self, into: &mut Vec<CompactEvent>) {
        into.append(&mut self.0.lock());
    }
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Gate for Flag {
    fn close(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn is_closed(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

fn read(sink: &Kept) -> Trace {
    Trace::read(&sink.bytes()[..]).unwrap()
}

/// What a compact event of this kind says, if there is such a kind for it.
fn compact(kind: EventKind) -> Option<CompactKind> {
    Some(match kind {
        EventKind::Acquire { op, mode, .. } => match (op, mode) {
            (AcquireOp::Blocking, Mode::Exclusive) => CompactKind::AtOnce,
            (AcquireOp::Blocking, Mode::Shared) => CompactKind::ReadAtOnce,
            (AcquireOp::Try, Mode::Exclusive) => CompactKind::Try,
            (AcquireOp::Try, Mode::Shared) => CompactKind::ReadTry,
            (AcquireOp::Timed, _) => return None,
        },
        EventKind::Release { mode, .. } => match mode {
            Mode::Exclusive => CompactKind::Release,
            Mode::Shared => CompactKind::ReadRelease,
        },
        _ => return None,
    })
}

#[test]
fn compact_events_are_the_events_that_they_stand_for() {
    let (lock, site) = (u32::MAX - 7, 0x8000_0001);
    let mut seen = 0;
    for number in 0..1 << CompactEvent::KIND_BITS {
        let event = CompactEvent::from_words([700 << CompactEvent::KIND_BITS | number, 0]);
        let mut events = Vec::new();
        event.each(|time, kind| events.push((time, kind)));
        assert_eq!(event.count(), events.len());
        let Some(&(time, kind)) = events.last() else {
            continue;
        };
        seen += 1;
        let known = compact(kind).unwrap();
        assert_eq!((time, known as u64), (700, number));
        let mut placed = Vec::new();
        CompactEvent::new(known, 700, lock, site).each(|time, kind| placed.push((time, kind)));
        match placed[..] {
            [(699, request), (700, EventKind::Acquire { op, mode, .. })] => {
                assert_eq!(op, AcquireOp::Blocking);
                let contended = false;
                assert_eq!(
                    request,
                    EventKind::Request {
                        lock,
                        site,
                        contended,
                        mode
                    }
                );
            }
            [
                (
                    700,
                    EventKind::Acquire {
                        lock: of, site: at, ..
                    },
                ),
            ] => assert_eq!((of, at), (lock, site)),
            [(700, EventKind::Release { lock: of, .. })] => assert_eq!(of, lock),
            _ => panic!("{placed:?}"),
        }
    }
    assert_eq!(seen, CompactKind::ALL.len());
}

/// Tells a trace what a program does, as a host does: some of it in compact events, with a clock that lags, the rest at exact
/// times. What it tells of each thread.
struct Told<'a> {
    writer: &'a TraceWriter,
    random: Random,
    /// How far the clock of compact events lags, at most.
    lag: u64,
    threads: HashMap<u32, (Recorder, Arc<Waiting>, u64)>,
    /// The last release of a lock or notification of a condition variable, and the fork and the end of a thread.
    before: HashMap<(u8, u32), u64>,
    expected: BTreeMap<u32, Vec<EventKind>>,
}

impl Told<'_> {
    fn tell(&mut self, event: Event, request: Option<EventKind>) {
        let Event { time, thread, kind } = event;
        let (recorder, source, last) = self.threads.entry(thread).or_insert_with(|| {
            let source = Arc::new(Waiting::default());
            (self.writer.recorder_with(thread, source.clone()), source, 0)
        });
        // What has to come before, and what this has to come before.
        let (after, marks) = match kind {
            EventKind::Start => (Some((0, thread)), None),
            EventKind::Fork { child } => (None, Some((0, child))),
            EventKind::End { .. } => (None, Some((1, thread))),
            EventKind::Join { child, .. } => (Some((1, child)), None),
            EventKind::Acquire { lock, .. } => (Some((2, lock)), None),
            EventKind::Release { lock, .. } => (None, Some((2, lock))),
            EventKind::Notify { condvar, .. } => (None, Some((2, condvar))),
            EventKind::Wake { condvar, .. } => (Some((2, condvar)), None),
            _ => (None, None),
        };
        let floor = after.and_then(|key| self.before.get(&key)).copied().unwrap_or(0);
        let expected = self.expected.entry(thread).or_default();
        let chosen = compact(kind).filter(|_| request.is_some() || self.random.below(4) != 0);
        match (chosen, kind) {
            (Some(number), EventKind::Acquire { lock, site, op, mode })
                if (op == AcquireOp::Blocking) == request.is_some() =>
            {
                if request.is_some() {
                    let contended = false;
                    expected.push(EventKind::Request {
                        lock,
                        site,
                        contended,
                        mode,
                    });
                }
                *last = CompactEvent::stamp(time.saturating_sub(self.lag), *last, floor);
                source.0.lock().push(CompactEvent::new(number, *last, lock, site));
            }
            (Some(number), EventKind::Release { lock, .. }) => {
                *last = CompactEvent::stamp(time.saturating_sub(self.lag), *last, floor);
                source.0.lock().push(CompactEvent::new(number, *last, lock, 0));
            }
            _ => {
                if let Some(request) = request {
                    expected.push(request);
                    *last = time.max(*last + 1);
                    assert!(recorder.record(*last, request));
                }
                *last = time.max((*last).max(floor) + 1);
                assert!(recorder.record(*last, kind));
            }
        }
        expected.push(kind);
        if let Some(key) = marks {
            let mark = self.before.entry(key).or_default();
            *mark = (*last).max(*mark);
        }
        if self.random.below(50) == 0 {
            recorder.drain();
        }
    }

    /// All of a program. What a thread asks for and gets without waiting is told as one.
    fn tell_all(&mut self, events: &[Event]) {
        let mut asked: HashMap<u32, Event> = HashMap::new();
        for event in events {
            let is_acquire = matches!(event.kind, EventKind::Acquire { .. });
            let before = asked.remove(&event.thread);
            if let EventKind::Request { contended: false, .. } = event.kind
                && self.random.below(4) != 0
            {
                asked.insert(event.thread, *event);
            } else if let Some(request) = before.filter(|_| !is_acquire) {
                // It died meanwhile.
                self.tell(request, None);
                self.tell(*event, None);
            } else {
                self.tell(*event, before.map(|before| before.kind));
            }
        }
        for (_, event) in asked.drain().collect::<BTreeMap<_, _>>() {
            self.tell(event, None);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn what_is_told_in_compact_events_is_well_formed_and_whole(
        seed: u64,
        steps in 1u32..4_000,
        lag in 0u64..100_000,
        swept: bool,
    ) {
        let events = simulate(Run { seed, steps, equal_times: false });
        let (writer, sink) = if swept {
            let sink = Kept::default();
            let often = Duration::from_micros(50);
            (TraceWriter::start(Box::new(sink.clone()), "a test".to_owned(), often).unwrap(), sink)
        } else {
            unswept()
        };
        prop_assert!(writer.set_gate(Arc::new(Flag::default())));
        let mut told = Told {
            writer: &writer,
            random: Random(seed),
            lag,
            threads: HashMap::new(),
            before: HashMap::new(),
            expected: BTreeMap::new(),
        };
        told.tell_all(&events);
        let expected = std::mem::take(&mut told.expected);
        let summary = writer.finish().unwrap();
        prop_assert_eq!(summary.events, expected.values().map(|events| events.len() as u64).sum::<u64>());
        let trace = read(&sink);
        validate(&trace).unwrap_or_else(|found| panic!("{}", found[0]));
        let mut found: BTreeMap<u32, Vec<EventKind>> = BTreeMap::new();
        for event in trace.events() {
            found.entry(event.thread).or_default().push(event.kind);
        }
        prop_assert_eq!(found, expected);
    }
}

/// Threads take turns with a real lock and tell it in compact events, until the trace is closed under their feet.
#[test]
fn a_finish_amid_compact_events_is_a_consistent_cut() {
    let (writer, sink) = unswept();
    let gate = Arc::new(Flag::default());
    assert!(writer.set_gate(gate.clone()));
    assert!(
        !writer.set_gate(Arc::new(Flag::default())),
        "there is one already"
    );
    // The time of the last release stands in the lock.
    let turn = Mutex::new(0);
    let clock = AtomicU64::new(0);
    let enough = std::sync::Barrier::new(5);
    let main = writer.recorder(0);
    main.record(1, EventKind::Start);
    for child in 1..=4 {
        main.record(u64::from(child) + 1, EventKind::Fork { child });
    }
    thread::scope(|scope| {
        for id in 1..=4 {
            let (turn, clock, enough, gate) = (&turn, &clock, &enough, &gate);
            let source = Arc::new(Waiting::default());
            let recorder = writer.recorder_with(id, source.clone());
            scope.spawn(move || {
                let mut last = 10;
                recorder.record(last, EventKind::Start);
                for round in 0.. {
                    if round == 10_000 {
                        enough.wait();
                    }
                    let mut tell = |kind, released| {
                        if gate.is_closed() {
                            return false;
                        }
                        last = CompactEvent::stamp(clock.load(Ordering::Relaxed), last, released);
                        source.0.lock().push(CompactEvent::new(kind, last, 8, 0));
                        true
                    };
                    let mut released = turn.lock();
                    tell(CompactKind::AtOnce, *released);
                    let going = tell(CompactKind::Release, *released);
                    *released = last;
                    drop(released);
                    if !going {
                        break;
                    }
                    if round % 100 == 0 {
                        clock.fetch_add(500, Ordering::Relaxed);
                    }
                    if round % 700 == 0 {
                        recorder.drain();
                    }
                }
            });
        }
        enough.wait();
        let summary = writer.finish().unwrap();
        assert!(summary.events > 4 * 3 * 10_000);
    });
    let trace = read(&sink);
    assert!(!trace.truncated());
    let checked = validate(&trace).unwrap_or_else(|found| panic!("{}", found[0]));
    assert_eq!(checked.running, 5);
    assert!(
        !main.record(u64::MAX, EventKind::Fork { child: 9 }),
        "it is closed"
    );
}

/// Where compact events are is memory that another thread gets next.
#[test]
fn what_stands_in_a_source_after_its_recorder_is_another_ones() {
    let (writer, sink) = unswept();
    let source = Arc::new(Waiting::default());
    let tell = |time| {
        let event = CompactEvent::new(CompactKind::Release, time, 8, 0);
        source.0.lock().push(event);
    };
    let first = writer.recorder_with(1, source.clone());
    tell(10);
    // As the writer's thread has it for a moment.
    let kept = first.buffer();
    drop(first);
    let second = writer.recorder_with(2, source.clone());
    tell(20);
    // Once what the first one had is received.
    let swept = iter::repeat_with(|| kept.sweep()).flatten().next().unwrap();
    assert!(swept.iter().all(Events::is_empty));
    drop(second);
    writer.finish().unwrap();
    let found: Vec<_> = read(&sink)
        .events()
        .map(|event| (event.thread, event.time))
        .collect();
    assert_eq!(found, [(1, 10), (2, 20)]);
}

/// A thread that computes for long after a few events: they are written all the same.
#[test]
fn the_writer_takes_what_nobody_drains() {
    let sink = Kept::default();
    let writer = TraceWriter::start(
        Box::new(sink.clone()),
        "a test".to_owned(),
        Duration::from_millis(5),
    )
    .unwrap();
    assert!(writer.set_gate(Arc::new(Flag::default())));
    let source = Arc::new(Waiting::default());
    let recorder = writer.recorder_with(0, source.clone());
    recorder.record(1, EventKind::Start);
    let mut time = 1;
    for kind in [CompactKind::AtOnce, CompactKind::Release] {
        time = CompactEvent::stamp(0, time, 0);
        source.0.lock().push(CompactEvent::new(kind, time, 8, 0));
    }
    let end = Instant::now() + WATCHDOG;
    while read(&sink).events().count() < 4 {
        assert!(Instant::now() < end, "nobody wrote them");
        thread::yield_now();
    }
    // Whoever is killed now leaves this.
    let trace = read(&sink);
    assert!(trace.truncated());
    assert_eq!(validate(&trace).unwrap().acquisitions, 1);
}
