//! What a trace costs is in proportion to its bytes, whoever wrote it: hostile traces, and damaged ones, are read, validated
//! and reported on below a limit of memory for each byte.

mod counted;

use std::io;
use std::time::Duration;

use counted::Counted;
use threadlink_analysis::{Document, Report};
use threadlink_trace::testing::simulation::{Random, Run, simulate};
use threadlink_trace::testing::{payloads, sealed, written};
use threadlink_trace::{
    AcquireOp, Deadlock, DeadlockEdge, Event, EventKind, HeldLock, Mode, Trace, Waits, validate,
};

#[global_allocator]
static MEMORY: Counted = Counted::new();

/// Bytes of memory that a byte of a trace may cost: a lock that is taken and held takes four in the file.
const FACTOR: usize = 125;
/// What any report may cost besides.
const BASE: usize = 16 << 20;
/// Bytes of JSON that a byte of a trace may become, and what any document may have besides.
const JSON_FACTOR: usize = 125;
const JSON_BASE: usize = 64 << 10;

/// A writer that counts what it is given.
#[derive(Default)]
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Does all that is done with a trace, and says how much memory it took at most, and how long its JSON is. Nothing may come of
/// a trace but an error or a report.
fn costs_of(bytes: &[u8]) -> (usize, usize) {
    let mut json = Length::default();
    let peak = MEMORY.peak_of(|| {
        if let Ok(trace) = Trace::read(bytes) {
            let valid = validate(&trace).is_ok();
            let report = Report::of(&trace);
            assert_eq!(report.violations.is_empty(), valid);
            assert!(!report.to_string().is_empty());
            serde_json::to_writer(&mut json, &Document::of(&report)).unwrap();
        }
    });
    (peak, json.0)
}

fn assert_in_proportion(what: &str, bytes: &[u8]) {
    let (peak, json) = costs_of(bytes);
    assert!(
        json <= JSON_BASE + bytes.len() * JSON_FACTOR,
        "{what}: {} bytes of trace became {json} of JSON",
        bytes.len()
    );
    let limit = BASE + bytes.len() * FACTOR;
    assert!(
        peak <= limit,
        "{what}: {} bytes of trace took {peak} of memory",
        bytes.len()
    );
}

fn acquire(lock: u32, mode: Mode) -> EventKind {
    let (site, op) = (7, AcquireOp::Try);
    EventKind::Acquire { lock, site, op, mode }
}

/// Many locks, all taken at one place with a long name, by a thread with one.
fn long_names(locks: u32) -> Vec<u8> {
    let events: Vec<Event> = (0..locks)
        .map(|lock| Event::new(u64::from(lock), 0, acquire(lock, Mode::Exclusive)))
        .collect();
    written(&events, |writer| {
        writer.define_thread(0, Some(&"t".repeat(4096)), None);
        writer.define_site(7, &"f".repeat(4096), 1, 1);
    })
}

/// Deadlocks of many threads with a long name, which wait at a place with one.
fn crowded_deadlocks(edges: usize) -> Vec<u8> {
    let held = HeldLock::new(8, 7, Mode::Shared);
    let waits = Waits::Thread { thread: 0, site: 7 };
    let record = Deadlock::new(vec![DeadlockEdge::new(0, Some(held), waits); edges]);
    written(&[], |writer| {
        writer.define_thread(0, Some(&"t".repeat(4096)), None);
        writer.define_site(7, &"f".repeat(4096), 1, 1);
        for _ in 0..3 {
            writer.deadlock(&record);
        }
    })
}

/// A number as traces have it.
fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A trace of runs with one event each, for a writer has a buffer for each thread: thread, tag, time, and what follows these.
fn one_by_one(runs: impl Iterator<Item = (u64, u8, u64, &'static [u8])>) -> Vec<u8> {
    let mut all = payloads(&written(&[], |_| {}));
    all.truncate(1);
    let run = |(thread, tag, time, rest): (u64, u8, u64, &[u8])| {
        [&varint(thread), &[1, tag][..], &varint(time), rest].concat()
    };
    all.push((2, runs.flat_map(run).collect()));
    sealed(&all)
}

/// Many threads that read one lock, and let go of it in the order in which they got it or in the other.
fn readers(threads: u64, reversed: bool) -> Vec<u8> {
    let acquires = (0..threads).map(|thread| (thread, 0x46, thread, &[16, 0][..]));
    let releases = (0..threads).map(|step| {
        let thread = if reversed { threads - 1 - step } else { step };
        (thread, 0x17, threads + step, &[16][..])
    });
    one_by_one(acquires.chain(releases))
}

/// Waits for as many locks, each at a place of its own and with other locks held, which remember that.
fn waits(locks: u32) -> Vec<u8> {
    let (mode, op, contended) = (Mode::Exclusive, AcquireOp::Blocking, true);
    let held = (0..8).map(|lock| (0, acquire(lock, mode)));
    let waits = (8..locks).flat_map(|lock| {
        let site = lock;
        let request = EventKind::Request {
            lock,
            site,
            contended,
            mode,
        };
        let acquired = EventKind::Acquire { lock, site, op, mode };
        let release = EventKind::Release { lock, mode };
        [(0, request), (0, acquired), (0, release)]
    });
    let events = (0u64..)
        .zip(held.chain(waits))
        .map(|(time, (thread, kind))| Event::new(time, thread, kind));
    written(&events.collect::<Vec<_>>(), |_| {})
}

/// Every event of these has another thread.
fn many_threads(threads: u64) -> Vec<u8> {
    one_by_one((0..threads).map(|thread| (thread, 0, 1, &[][..])))
}

#[test]
fn memory_and_time_are_in_proportion_to_the_trace() {
    assert_in_proportion("long names", &long_names(300_000));
    assert_in_proportion("crowded deadlocks", &crowded_deadlocks(100_000));
    assert_in_proportion("many threads", &many_threads(50_000));
    assert_in_proportion("waits", &waits(100_000));
    // One step for each reader that there is would be ten thousand millions of them.
    let before = processor_time();
    for reversed in [false, true] {
        assert_in_proportion("readers", &readers(150_000, reversed));
    }
    let took = processor_time().saturating_sub(before);
    assert!(took < Duration::from_secs(60), "150,000 readers took {took:?}");
    damaged_traces_are_refused_or_reported_on();
}

/// What this thread has used of a processor, whatever else the machine does; nothing where the system does not say.
fn processor_time() -> Duration {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = said.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// Real traces with bytes changed, left out, doubled and put in, under checksums that say nothing of it.
fn damaged_traces_are_refused_or_reported_on() {
    let random = &mut Random(0x7472_6163_6573);
    let mut reported = 0;
    let traces = (0..20).map(|seed| {
        let run = Run {
            seed,
            steps: 150,
            equal_times: seed % 2 == 0,
        };
        let whole = written(&simulate(run), |writer| {
            writer.define_thread(0, Some("main"), None);
            writer.define_site(3, "src/main.rs", 3, 7);
            writer.define_lock(1, 0, 3, Some("Table.left"));
            let waits = Waits::Thread { thread: 1, site: 3 };
            writer.deadlock(&Deadlock::new(vec![DeadlockEdge::new(0, None, waits)]));
        });
        let mut parts = payloads(&whole);
        // Without the end, whose counts would refuse most of them: it is one chunk of the last kind.
        parts.retain(|(kind, _)| *kind != 6);
        parts
    });
    let traces: Vec<_> = traces.collect();
    for round in 0..3_000 {
        let mut parts = traces[round % traces.len()].clone();
        for _ in 0..=random.below(4) {
            damage(&mut parts, random);
        }
        let bytes = sealed(&parts);
        reported += u32::from(Trace::read(&bytes[..]).is_ok());
        assert_in_proportion(&format!("round {round}"), &bytes);
    }
    assert!(
        reported > 300,
        "only {reported} of 3000 could be read: the damage shows too early"
    );
}

fn damage(parts: &mut [(u8, Vec<u8>)], random: &mut Random) {
    // Not the first chunk, which says that it is a trace.
    let part = 1 + random.below(parts.len() - 1);
    let (kind, payload) = &mut parts[part];
    let at = random.below(payload.len() + 1);
    match random.below(6) {
        0 => *kind = random.below(9) as u8,
        1 => payload.truncate(at),
        2 => payload.insert(at, random.below(256) as u8),
        3 => payload.extend_from_within(at..),
        _ => {
            if let Some(byte) = payload.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
    }
}
