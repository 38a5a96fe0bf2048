//! Traces of each version of the format, as its own writer wrote them: they are read as they were meant, for good. That of
//! the newest is also what the writer writes today, byte for byte.

use std::path::PathBuf;

use crate::deadlock::{Deadlock, DeadlockEdge, HeldLock, Waits};
use crate::event::EventKind::{
    Acquire, Awake, End, Fork, Instance, InstanceEnd, Join, JoinRequest, Notify, Park, ParkEnd, Release,
    Request, Sleep, Start, Unpark, Wait, Wake, Waken,
};
use crate::event::{AcquireOp, AwakeKind, EndKind, Event, EventKind, Mode};
use crate::format::FORMAT_VERSION;
use crate::reader::Trace;
use crate::testing::unswept;
use crate::validate::validate;

const ALONE: Mode = Mode::Exclusive;
const SHARED: Mode = Mode::Shared;
const MAIN: u32 = 0x400;
const WORKER: u32 = 0x410;
const LEDGER: u32 = 0x1000;
const QUEUE: u32 = 0x1010;
const FILLED: u32 = 0x1020;

fn golden(version: u16) -> Vec<u8> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join("golden");
    let path = directory.join(format!("version-{version}.trace"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn request(lock: u32, site: u32, contended: bool, mode: Mode) -> EventKind {
    Request {
        lock,
        site,
        contended,
        mode,
    }
}

fn acquire(lock: u32, site: u32, op: AcquireOp, mode: Mode) -> EventKind {
    Acquire { lock, site, op, mode }
}

fn release(lock: u32, mode: Mode) -> EventKind {
    Release { lock, mode }
}

/// What the program of the files does, as far as that version can tell it.
fn events(version: u16) -> Vec<Event> {
    let (blocking, tried, timed) = (AcquireOp::Blocking, AcquireOp::Try, AcquireOp::Timed);
    // What a version tells, from the first one that does.
    let all = [
        (1, 0, 1000, Start),
        (1, 0, 1100, Fork { child: 1 }),
        (1, 1, 1150, Start),
        (
            3,
            0,
            1490,
            Instance {
                lock: LEDGER,
                instance: 1,
            },
        ),
        (1, 0, 1500, request(LEDGER, MAIN, false, ALONE)),
        (1, 0, 1520, acquire(LEDGER, MAIN, blocking, ALONE)),
        (1, 1, 1530, request(LEDGER, WORKER, true, ALONE)),
        (
            3,
            1,
            1535,
            Sleep {
                address: LEDGER + 32,
                timed: false,
            },
        ),
        (
            2,
            0,
            1540,
            Wait {
                condvar: FILLED,
                mutex: LEDGER,
                site: MAIN,
                timed: true,
            },
        ),
        (1, 0, 1600, release(LEDGER, ALONE)),
        (
            3,
            0,
            1605,
            Waken {
                address: LEDGER + 32,
                count: 1,
            },
        ),
        (
            3,
            0,
            1606,
            Sleep {
                address: FILLED,
                timed: true,
            },
        ),
        (
            3,
            1,
            1607,
            Awake {
                address: LEDGER + 32,
                how: AwakeKind::Woken,
            },
        ),
        (1, 1, 1610, acquire(LEDGER, WORKER, blocking, ALONE)),
        (
            3,
            1,
            1615,
            Instance {
                lock: QUEUE,
                instance: 2,
            },
        ),
        (
            1,
            1,
            1620,
            acquire(QUEUE, WORKER, tried, if version > 1 { SHARED } else { ALONE }),
        ),
        (
            1,
            1,
            1630,
            release(QUEUE, if version > 1 { SHARED } else { ALONE }),
        ),
        (1, 1, 1640, acquire(QUEUE, WORKER, timed, ALONE)),
        (1, 1, 1650, release(QUEUE, ALONE)),
        (
            3,
            1,
            1660,
            Park {
                token: 0x5000,
                site: WORKER,
                timed: true,
            },
        ),
        (
            3,
            1,
            1670,
            ParkEnd {
                token: 0x5000,
                timed_out: true,
            },
        ),
        (
            3,
            1,
            1680,
            Unpark {
                token: 0x5100,
                site: WORKER,
            },
        ),
        (1, 1, 1700, release(LEDGER, ALONE)),
        (
            2,
            1,
            1710,
            Notify {
                condvar: FILLED,
                site: WORKER,
                all: true,
            },
        ),
        (
            3,
            1,
            1712,
            Waken {
                address: FILLED,
                count: u32::MAX,
            },
        ),
        (
            3,
            0,
            1715,
            Awake {
                address: FILLED,
                how: AwakeKind::TimedOut,
            },
        ),
        (
            2,
            0,
            1720,
            Wake {
                condvar: FILLED,
                timed_out: false,
            },
        ),
        (2, 0, 1730, acquire(LEDGER, MAIN, tried, ALONE)),
        (2, 0, 1740, release(LEDGER, ALONE)),
        (2, 0, 1742, request(QUEUE, MAIN, true, SHARED)),
        (2, 0, 1744, acquire(QUEUE, MAIN, blocking, SHARED)),
        (2, 0, 1746, release(QUEUE, SHARED)),
        (1, 0, 1750, JoinRequest { child: 1, site: MAIN }),
        (
            3,
            1,
            1760,
            InstanceEnd {
                lock: QUEUE,
                instance: 2,
            },
        ),
        (1, 1, 1800, End { how: EndKind::Died }),
        (
            1,
            0,
            1810,
            Join {
                child: 1,
                reaped: false,
                failed: true,
            },
        ),
        (
            3,
            0,
            1820,
            Instance {
                lock: QUEUE,
                instance: 300,
            },
        ),
        (3, 0, 1830, acquire(QUEUE, MAIN, tried, ALONE)),
        (
            3,
            0,
            1840,
            Awake {
                address: QUEUE,
                how: AwakeKind::NotEqual,
            },
        ),
        (
            1,
            0,
            2000,
            End {
                how: EndKind::Returned,
            },
        ),
    ];
    let told = all.into_iter().filter(|(since, ..)| *since <= version);
    told.map(|(_, thread, time, kind)| Event::new(time, thread, kind))
        .collect()
}

fn deadlocks(version: u16) -> Vec<Deadlock> {
    let mode = if version > 1 { SHARED } else { ALONE };
    let edge = |thread, held, wanted| {
        let (lock, site) = (wanted, WORKER);
        let waits = Waits::Lock {
            lock,
            site,
            mode: ALONE,
        };
        DeadlockEdge::new(thread, Some(HeldLock::new(held, MAIN, mode)), waits)
    };
    let (condvar, site) = (FILLED, WORKER);
    let mut found = vec![Deadlock::new(vec![
        edge(0, LEDGER, QUEUE),
        edge(1, QUEUE, LEDGER),
    ])];
    if version > 1 {
        let waits = Waits::Condvar { condvar, site };
        found.push(Deadlock::new(vec![DeadlockEdge::new(2, None, waits)]));
    }
    if version > 2 {
        let waits = Waits::Address {
            address: 0x5000,
            site: 0,
        };
        found.push(Deadlock::new(vec![DeadlockEdge::new(2, None, waits)]).and_more(5));
    }
    found
}

#[test]
fn each_version_is_read_as_it_was_meant() {
    for version in 1..=FORMAT_VERSION {
        let trace = Trace::read(&golden(version)[..]).unwrap();
        assert!(!trace.truncated() && trace.warnings().is_empty(), "{version}");
        let found: Vec<Event> = trace.events().collect();
        assert_eq!(found, events(version), "{version}");
        assert_eq!(trace.deadlocks(), deadlocks(version), "{version}");
        let threads: Vec<_> = trace
            .threads()
            .iter()
            .map(|info| (info.name.as_deref(), info.parent))
            .collect();
        assert_eq!(
            threads,
            [(Some("main"), None), (Some("worker"), Some(0))],
            "{version}"
        );
        let sites = [MAIN, WORKER].map(|site| trace.site(site).unwrap().to_string());
        assert_eq!(sites, ["src/main.rs:12:20", "src/worker.rs:7:5"], "{version}");
        let ledger = trace.lock(LEDGER, 1500).and_then(|info| info.name.as_deref());
        assert_eq!(ledger, (version > 1).then_some("Ledger.total"), "{version}");
        validate(&trace).unwrap_or_else(|violations| panic!("{version}: {}", violations[0]));
    }
}

#[test]
fn instances_are_told_apart_from_version_3_on() {
    let trace = Trace::read(&golden(3)[..]).unwrap();
    let of = |time| {
        let info = trace.lock(QUEUE, time).unwrap();
        (info.instance, info.ended, info.made)
    };
    assert_eq!(of(1620), (2, Some(1760), WORKER));
    assert_eq!(of(1830), (300, None, WORKER));
    let older = Trace::read(&golden(2)[..]).unwrap();
    assert_eq!(older.lock(QUEUE, 1830).map(|info| info.instance), Some(0));
}

/// The file of the newest version, as the writer writes it.
fn written() -> Vec<u8> {
    let (writer, sink) = unswept();
    writer.define_thread(0, Some("main"), None);
    writer.define_thread(1, Some("worker"), Some(0));
    writer.define_site(MAIN, "src/main.rs", 12, 20);
    writer.define_site(WORKER, "src/worker.rs", 7, 5);
    writer.define_lock(LEDGER, 1490, MAIN, Some("Ledger.total"));
    writer.define_lock(QUEUE, 1615, WORKER, None);
    let deadlocks = deadlocks(FORMAT_VERSION);
    writer.deadlock(&deadlocks[0]);
    for thread in [0, 1] {
        let recorder = writer.recorder(thread);
        for event in events(FORMAT_VERSION) {
            assert!(event.thread != thread || recorder.record(event.time, event.kind));
        }
    }
    for deadlock in &deadlocks[1..] {
        writer.deadlock(deadlock);
    }
    writer.finish().unwrap();
    sink.bytes()
}

#[test]
fn the_newest_version_is_what_the_writer_writes() {
    let (expected, found) = (golden(FORMAT_VERSION), written());
    assert!(
        expected == found,
        "the bytes differ; a change to them is a new version"
    );
}
