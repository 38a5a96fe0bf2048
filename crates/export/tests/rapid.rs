//! The formats of RAPID: what a trace becomes in them, and that it comes back.

use std::collections::HashMap;

use proptest::prelude::*;
use threadlink_export::{
    LeftOut, RapidBinWriteError, RapidOptions, Sidecar, read_rapidbin, read_std, write_rapidbin, write_std,
};
use threadlink_trace::testing::simulation::{Run, simulate};
use threadlink_trace::testing::written;
use threadlink_trace::{AcquireOp, Event, EventKind, Mode, Trace, TraceWriter, validate};

const REQUESTS: RapidOptions = RapidOptions { requests: true };
const PLAIN: RapidOptions = RapidOptions { requests: false };

fn trace(events: &[Event], define: impl FnOnce(&TraceWriter)) -> Trace {
    Trace::read(&written(events, define)[..]).expect("it is a trace")
}

fn std_of(trace: &Trace, options: RapidOptions) -> String {
    let mut text = Vec::new();
    write_std(trace, options, &mut text).expect("memory takes it");
    String::from_utf8(text).expect("it is text")
}

fn rapidbin_of(trace: &Trace, options: RapidOptions) -> (Vec<u8>, Sidecar) {
    let mut bytes = Vec::new();
    let (sidecar, _) = write_rapidbin(trace, options, &mut bytes).expect("it fits");
    (bytes, sidecar)
}

/// Two threads, a lock with a name that moves from one to the other, a notification, and a lock for reading.
fn small() -> Vec<Event> {
    let (lock, condvar, mode, op) = (0x1000, 0x2000, Mode::Exclusive, AcquireOp::Blocking);
    let (site, contended) = (0x400, false);
    let kinds = [
        (0, EventKind::Start),
        (0, EventKind::Fork { child: 7 }),
        (7, EventKind::Start),
        (
            0,
            EventKind::Request {
                lock,
                site,
                contended,
                mode,
            },
        ),
        (0, EventKind::Acquire { lock, site, op, mode }),
        (
            0,
            EventKind::Wait {
                condvar,
                mutex: lock,
                site,
                timed: false,
            },
        ),
        (0, EventKind::Release { lock, mode }),
        (
            7,
            EventKind::Notify {
                condvar,
                site: 0x500,
                all: true,
            },
        ),
        (
            0,
            EventKind::Wake {
                condvar,
                timed_out: false,
            },
        ),
        (0, EventKind::Acquire { lock, site, op, mode }),
        (0, EventKind::Release { lock, mode }),
        (
            7,
            EventKind::Acquire {
                lock: 0x3000,
                site,
                op,
                mode: Mode::Shared,
            },
        ),
        (
            7,
            EventKind::Release {
                lock: 0x3000,
                mode: Mode::Shared,
            },
        ),
        (
            7,
            EventKind::Sleep {
                address: 4,
                timed: false,
            },
        ),
        (0, EventKind::JoinRequest { child: 7, site }),
        (
            0,
            EventKind::Join {
                child: 7,
                reaped: false,
                failed: false,
            },
        ),
    ];
    (1..)
        .zip(kinds)
        .map(|(time, (thread, kind))| Event::new(time, thread, kind))
        .collect()
}

fn define(writer: &TraceWriter) {
    writer.define_thread(7, Some("worker"), Some(0));
    writer.define_lock(0x1000, 0, 0x400, Some("Bank.journal"));
    writer.define_site(0x400, "src/main.rs", 12, 20);
}

#[test]
fn the_text_is_what_rapid_reads() {
    let trace = trace(&small(), define);
    let text = "T0|fork(T7)|0\nT0|acq(L0)|1\nT0|rel(L0)|0\nT7|w(V0)|2\nT0|r(V0)|0\nT0|acq(L0)|1\nT0|rel(L0)|0\nT0|join(T7)|0\n";
    assert_eq!(std_of(&trace, PLAIN), text);
    let more = text.replacen("T0|acq", "T0|req(L0)|1\nT0|acq", 1);
    assert_eq!(std_of(&trace, REQUESTS), more);
    let left_out = write_std(&trace, PLAIN, &mut Vec::new()).expect("memory takes it");
    let expected = LeftOut {
        reading: 2,
        addresses: 1,
        unknown: 0,
    };
    assert_eq!(left_out, expected);
    assert_eq!(
        left_out.to_string(),
        "2 events of locks held for reading, 1 event of waits at addresses"
    );
}

#[test]
fn the_bytes_are_those_of_the_description() {
    let trace = trace(&small(), define);
    let (bytes, sidecar) = rapidbin_of(&trace, REQUESTS);
    // Two threads, a lock, a variable, nine events.
    assert_eq!(
        bytes[..18],
        [0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9]
    );
    let events: Vec<u64> = bytes[18..]
        .chunks(8)
        .map(|event| u64::from_be_bytes(event.try_into().unwrap()))
        .collect();
    let event = |thread: u64, op: u64, what: u64, place: u64| thread | op << 10 | what << 14 | place << 48;
    let expected = [
        event(0, 4, 1, 0),
        event(0, 8, 0, 1),
        event(0, 0, 0, 1),
        event(0, 1, 0, 0),
        event(1, 3, 0, 2),
        event(0, 2, 0, 0),
        event(0, 0, 0, 1),
        event(0, 1, 0, 0),
        event(0, 5, 1, 0),
    ];
    assert_eq!(events, expected);
    let mut json = Vec::new();
    sidecar.write(&mut json).expect("memory takes it");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("it is JSON");
    let expected = serde_json::json!({
        "thread_records": [{"wasm_id": 0, "trace_id": 0}, {"wasm_id": 7, "trace_id": 1, "name": "worker"}],
        "memory_records": [{"wasm_id": {"address": 0x2000, "access_width": 4}, "trace_id": 0}],
        "lock_records": [{"wasm_id": 0x1000, "trace_id": 0, "name": "Bank.journal"}],
        "location_records": [
            {"wasm_id": {"fidx": 0, "iidx": 0}, "trace_id": 0},
            {"wasm_id": {"fidx": 0x400, "iidx": 0}, "trace_id": 1,
             "place": {"file": "src/main.rs", "line": 12, "column": 20}},
            {"wasm_id": {"fidx": 0x500, "iidx": 0}, "trace_id": 2},
        ],
        "shared_variables": {"0": [0, 1]},
    });
    assert_eq!(json, expected);
}

#[test]
fn what_stands_beside_a_file_names_what_is_in_it() {
    let (bytes, sidecar) = rapidbin_of(&trace(&small(), define), PLAIN);
    let named = read_rapidbin(&bytes[..], Some(&sidecar)).expect("it is RapidBin");
    assert_eq!(named.threads()[1].name.as_deref(), Some("worker"));
    assert_eq!(named.locks()[0].name.as_deref(), Some("Bank.journal"));
    let site = named.site(1).expect("the place is known");
    assert_eq!((&*site.file, site.line, site.column), ("src/main.rs", 12, 20));
    let alone = read_rapidbin(&bytes[..], None).expect("it is RapidBin");
    assert_eq!(alone.locks()[0].name.as_deref(), Some("L0"));
    assert_eq!(alone.site(1).map(|site| site.line), Some(1));
    // As Wasmgrind writes it: no names, and place 0 is one as any other.
    let theirs = r#"{
        "thread_records": [{"wasm_id": 1, "trace_id": 0}], "memory_records": [], "lock_records": [],
        "location_records": [{"wasm_id": {"fidx": 9, "iidx": 33}, "trace_id": 0}], "shared_variables": {"3": [0, 1]}
    }"#;
    let theirs = Sidecar::read(theirs.as_bytes()).expect("it is one");
    let read = read_rapidbin(&bytes[..], Some(&theirs)).expect("it is RapidBin");
    let site = read.site(1).expect("place 0 is known");
    assert_eq!((&*site.file, site.line), ("function-9", 33));
}

#[test]
fn too_much_is_refused_and_never_wrapped() {
    let forks = |count: u32| {
        let fork = |child: u32| Event::new(u64::from(child) + 1, 0, EventKind::Fork { child });
        trace(&(1..count).map(fork).collect::<Vec<_>>(), |_| {})
    };
    assert!(write_rapidbin(&forks(1023), PLAIN, &mut Vec::new()).is_ok());
    let error = write_rapidbin(&forks(1024), PLAIN, &mut Vec::new()).unwrap_err();
    assert!(matches!(
        error,
        RapidBinWriteError::TooMany {
            what: "threads",
            found: 1024,
            most: 1023
        }
    ));
    let places = |count: u32| {
        let (lock, op, mode) = (1, AcquireOp::Try, Mode::Exclusive);
        let take = |site: u32| Event::new(u64::from(site), 0, EventKind::Acquire { lock, site, op, mode });
        trace(&(1..=count).map(take).collect::<Vec<_>>(), |_| {})
    };
    assert!(write_rapidbin(&places(32_767), PLAIN, &mut Vec::new()).is_ok());
    let error = write_rapidbin(&places(32_768), PLAIN, &mut Vec::new())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("32767 places") && error.contains("32768 places"),
        "{error}"
    );
}

#[test]
fn damage_is_named() {
    let (bytes, _) = rapidbin_of(&trace(&small(), define), PLAIN);
    let error = |bytes: &[u8]| read_rapidbin(bytes, None).unwrap_err().to_string();
    assert!(error(&bytes[..17]).contains("less than 18 bytes"));
    assert!(error(&bytes[..bytes.len() - 3]).contains("event 8 of the RapidBin trace: it has 5 of 8 bytes"));
    assert!(error(&bytes[..bytes.len() - 8]).contains("counts 8 events, and the events have 7"));
    assert!(error(&[&bytes[..], &[0; 8]].concat()).contains("more follow"));
    for (at, part) in [
        (1, "threads"),
        (5, "locks"),
        (9, "variables"),
        (10, "events"),
        (0, "threads"),
    ] {
        let mut changed = bytes.clone();
        changed[at] ^= 0x80;
        assert!(error(&changed).contains(part), "{at}");
    }
    let mut changed = bytes.clone();
    changed[18] |= 0x80;
    assert!(error(&changed).contains("event 1 of the RapidBin trace: its highest bit is set"));
    let mut changed = bytes;
    changed[18 + 6] = 7 << 2;
    assert!(error(&changed).contains("7 is the number of no operation"));
}

/// The lines about locks that were had and about other threads, with numbers in the order of appearance: those of threads, locks
/// and places are not the same in both.
fn canonical(text: &str) -> Vec<String> {
    let mut numbers = HashMap::new();
    let mut number = |name: &str| {
        let next = numbers.len();
        *numbers.entry(name.to_owned()).or_insert(next)
    };
    let mut lines = Vec::new();
    for line in text.lines() {
        let (thread, rest) = line.split_once('|').expect("it is a line of STD");
        let (call, place) = rest.split_once('|').expect("it is a line of STD");
        let (op, what) = call.trim_end_matches(')').split_once('(').expect("it is a call");
        // Of what was asked for and never had, the number is nobody's. What a write leaves is a variable of its own for each
        // thread that reads it.
        if matches!(op, "r" | "w" | "req") {
            continue;
        }
        let (thread, what) = (number(thread), number(what));
        let place = if place == "0" { "nowhere" } else { "somewhere" };
        lines.push(format!("{thread} {op} {what} {place}"));
    }
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_run_comes_back_from_both_formats(seed: u64, steps in 1u32..3000, equal_times: bool) {
        let original = trace(&simulate(Run { seed, steps, equal_times }), |_| {});
        for options in [PLAIN, REQUESTS] {
            let text = std_of(&original, options);
            let read = read_std(text.as_bytes()).expect("it is STD");
            prop_assert_eq!(validate(&read).map(|_| ()), Ok(()));
            prop_assert_eq!(canonical(&text), canonical(&std_of(&read, PLAIN)));
            let (bytes, sidecar) = rapidbin_of(&original, options);
            let read = read_rapidbin(&bytes[..], Some(&sidecar)).expect("it is RapidBin");
            prop_assert_eq!(validate(&read).map(|_| ()), Ok(()));
            prop_assert_eq!(canonical(&text), canonical(&std_of(&read, PLAIN)));
        }
    }

    #[test]
    fn anything_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), events in 0u8..20) {
        let _ = read_std(&bytes[..]);
        let _ = read_rapidbin(&bytes[..], None);
        let mut headed = vec![0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, events];
        headed.extend(&bytes);
        let _ = read_rapidbin(&headed[..], None);
        let _ = Sidecar::read(&bytes[..]);
    }
}
