//! Tables as Parquet, read back: the table of events says what JSON lines say, and those of waits and holds add up to what a report
//! on the trace says.

mod common;

use std::collections::BTreeMap;
use std::fs::File;

use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use threadlink_analysis::Report;
use threadlink_export::{ParquetTable, write_json, write_parquet};
use threadlink_trace::testing::simulation::{Run, simulate};
use threadlink_trace::testing::{any_kind, written};
use threadlink_trace::{AcquireOp, Event, EventKind, Mode, Trace};

/// A table, written and opened.
fn table(trace: &Trace, which: ParquetTable) -> SerializedFileReader<File> {
    let mut file = tempfile::tempfile().expect("a file");
    write_parquet(trace, which, &mut file).expect("it is written");
    SerializedFileReader::new(file).expect("it is Parquet")
}

/// How many rows each group of a table has.
fn groups(trace: &Trace, which: ParquetTable) -> Vec<i64> {
    let table = table(trace, which);
    table
        .metadata()
        .row_groups()
        .iter()
        .map(RowGroupMetaData::num_rows)
        .collect()
}

/// The rows of a table, without what they do not have.
fn rows(trace: &Trace, which: ParquetTable) -> Vec<Map<String, Value>> {
    let table = table(trace, which);
    let rows = table.get_row_iter(None).expect("it has rows").map(|row| {
        let row = row.expect("it is read");
        let fields = row.get_column_iter().filter_map(|(name, field)| {
            let value = match field {
                Field::Null => return None,
                Field::Long(number) => json!(number),
                Field::Bool(flag) => json!(flag),
                Field::Str(text) => json!(text),
                other => panic!("no column has {other}"),
            };
            Some((name.clone(), value))
        });
        fields.collect()
    });
    rows.collect()
}

fn json_lines(trace: &Trace) -> Vec<Map<String, Value>> {
    let mut bytes = Vec::new();
    write_json(trace, &mut bytes).expect("memory takes it");
    let lines = serde_json::Deserializer::from_slice(&bytes).into_iter();
    lines.map(|line| line.expect("each line is an object")).collect()
}

/// A thread takes three locks, lets go of the middle one first, takes another and forgets all.
#[test]
fn holds_say_what_they_are_within() {
    let (mode, op) = (Mode::Exclusive, AcquireOp::Blocking);
    let acquire = |lock| EventKind::Acquire {
        lock,
        site: lock,
        op,
        mode,
    };
    let kinds = [
        acquire(1),
        acquire(2),
        acquire(3),
        EventKind::Release { lock: 2, mode },
        acquire(4),
    ];
    let events: Vec<Event> = (1..)
        .zip(kinds)
        .map(|(time, kind)| Event::new(time, 0, kind))
        .collect();
    let bytes = written(&events, |writer| writer.define_site(3, "three.rs", 3, 3));
    let trace = Trace::read(&bytes[..]).expect("it is a trace");
    let told = rows(&trace, ParquetTable::Holds);
    let within = |row: &Map<String, Value>| (row["lock"].clone(), row.get("within_lock").cloned());
    let expected = [
        (json!(1), Some(json!(0))),
        (json!(0), None),
        (json!(2), Some(json!(1))),
        (json!(3), Some(json!(2))),
    ];
    assert_eq!(told.iter().map(within).collect::<Vec<_>>(), expected);
    assert_eq!(told[3]["within_place"], json!("three.rs:3:3"));
    assert!(
        told[1..]
            .iter()
            .all(|row| row["until_ns"] == json!(5) && row["released"] == json!(false))
    );
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

fn sum(
    rows: &[Map<String, Value>],
    by: &str,
    only: impl Fn(&Map<String, Value>) -> bool,
) -> BTreeMap<u64, u64> {
    let mut sums = BTreeMap::new();
    for row in rows.iter().filter(|row| only(row)) {
        let number = |key: &str| row[key].as_u64().expect("it is a number");
        *sums.entry(number(by)).or_default() += number("until_ns") - number("since_ns");
    }
    sums.retain(|_, sum| *sum > 0);
    sums
}

#[test]
fn the_tables_of_a_trace() {
    let trace = common::trace();
    assert_eq!(rows(&trace, ParquetTable::Events), json_lines(&trace));
    let (main, work) = ("src/main.rs:12:20", "src/work,er.rs:3:4");
    let expected = [
        json!({"thread": 1, "kind": "lock", "lock": 0, "mode": "exclusive", "place": "src/work,er.rs:3:4",
            "since_ns": 600, "until_ns": 800, "ended": "had", "holder": 0, "holder_place": main}),
        json!({"thread": 1, "kind": "park", "place": "src/main.rs:12:20", "since_ns": 1300, "until_ns": 1500, "ended": "had"}),
        json!({"thread": 0, "kind": "join", "other_thread": 1, "place": "src/work,er.rs:3:4",
            "since_ns": 1600, "until_ns": 1800, "ended": "had"}),
    ];
    assert_eq!(rows(&trace, ParquetTable::Waits), expected.map(object));
    let hold = |lock: u32, thread: u32, mode: &str, place: &str, since: u64, until: u64, released: bool| {
        object(
            json!({"lock": lock, "thread": thread, "mode": mode, "place": place,
            "since_ns": since, "until_ns": until, "released": released}),
        )
    };
    assert_eq!(
        rows(&trace, ParquetTable::Holds),
        [
            hold(0, 0, "exclusive", main, 500, 700, true),
            hold(0, 1, "exclusive", work, 800, 900, true),
            hold(1, 0, "shared", main, 1000, 1200, true),
            hold(1, 1, "shared", main, 1100, 1800, false),
        ]
    );
    let expected = [
        json!({"lock": 0, "kind": "lock", "address": 0x1000, "name": "Bank.journal", "made": main}),
        json!({"lock": 1, "kind": "lock", "address": 0x3000}),
    ];
    assert_eq!(rows(&trace, ParquetTable::Locks), expected.map(object));
    let expected = [
        json!({"thread": 0, "events": 10, "first_ns": 100, "last_ns": 1800, "life_ns": 1700}),
        json!({"thread": 1, "name": "a \"worker\", of two", "parent": 0, "events": 8, "first_ns": 300, "last_ns": 1700,
            "life_ns": 1400, "ended": "died"}),
    ];
    assert_eq!(rows(&trace, ParquetTable::Threads), expected.map(object));
    let expected = [
        json!({"place": main, "file": "src/main.rs", "line": 12, "col": 20}),
        json!({"place": work, "file": "src/work,er.rs", "line": 3, "col": 4}),
    ];
    assert_eq!(rows(&trace, ParquetTable::Places), expected.map(object));
}

#[test]
fn many_events_are_several_groups() {
    let mode = Mode::Exclusive;
    let (lock, site, op) = (0x1000, 0, AcquireOp::Try);
    let kinds = [
        EventKind::Acquire { lock, site, op, mode },
        EventKind::Release { lock, mode },
    ];
    let events: Vec<Event> = (1..=270_000)
        .zip(kinds.into_iter().cycle())
        .map(|(time, kind)| Event::new(time, 0, kind))
        .collect();
    let trace = Trace::read(&written(&events, |_| ())[..]).expect("it is a trace");
    let whole = 1 << 17;
    assert_eq!(groups(&trace, ParquetTable::Holds), [whole, 135_000 - whole]);
}

#[test]
fn long_names_end_a_group_early() {
    let threads = 0..5_000;
    let events: Vec<Event> = threads
        .clone()
        .map(|thread| Event::new(u64::from(thread) + 1, thread, EventKind::Start))
        .collect();
    let name = |thread: u32| format!("{thread}-{}", "n".repeat(4_000));
    let bytes = written(&events, |writer| {
        for thread in threads {
            writer.define_thread(thread, Some(&name(thread)), None);
        }
    });
    let trace = Trace::read(&bytes[..]).expect("it is a trace");
    // 16 MiB of them.
    let first = (16 << 20) / 4_000 + 1;
    let [some, rest] = groups(&trace, ParquetTable::Threads)[..] else {
        panic!("there are two groups");
    };
    assert_eq!(some + rest, 5_000);
    assert!((first - 10..=first).contains(&some), "{some}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Waits and holds are those of the report.
    #[test]
    fn waits_and_holds_add_up_to_the_reports(seed: u64, steps in 1u32..1500, equal_times: bool) {
        let events = simulate(Run { seed, steps, equal_times });
        let trace = Trace::read(&written(&events, |_| ())[..]).expect("it is a trace");
        let report = Report::of(&trace);
        prop_assert_eq!(rows(&trace, ParquetTable::Events), json_lines(&trace));
        let waits = rows(&trace, ParquetTable::Waits);
        let of = |kind: &str| sum(&waits, "thread", |row| row["kind"] == json!(kind));
        type Waited = fn(&threadlink_analysis::ThreadReport) -> u64;
        let kinds: [(&str, Waited); 5] = [
            ("lock", |thread| thread.lock_wait_ns),
            ("condvar", |thread| thread.condvar_wait_ns),
            ("address", |thread| thread.address_wait_ns),
            ("join", |thread| thread.join_wait_ns),
            ("park", |thread| thread.park_wait_ns),
        ];
        for (kind, waited) in kinds {
            let reported = report.thread_times.iter().map(|thread| (u64::from(thread.thread), waited(thread)));
            let reported: BTreeMap<u64, u64> = reported.filter(|(_, wait)| *wait > 0).collect();
            prop_assert_eq!(of(kind), reported, "waits of the kind {}", kind);
        }
        let threads = rows(&trace, ParquetTable::Threads);
        let lives: Vec<u64> = threads.iter().map(|row| row["life_ns"].as_u64().expect("it has one")).collect();
        let reported: Vec<u64> = report.thread_times.iter().map(|thread| thread.life_ns).collect();
        prop_assert_eq!(lives, reported);
        let holds = rows(&trace, ParquetTable::Holds);
        let locks = rows(&trace, ParquetTable::Locks);
        let by_lock = sum(&holds, "lock", |row| row["released"] == json!(true));
        let mut held: Vec<(u64, u64)> = by_lock.into_iter().map(|(lock, hold)| {
            (locks[lock as usize]["address"].as_u64().expect("it has one"), hold)
        }).collect();
        held.sort_unstable();
        let mut reported: Vec<(u64, u64)> = report.locks.iter()
            .map(|lock| (u64::from(lock.origin.address), lock.total.hold_ns))
            .filter(|(_, hold)| *hold > 0)
            .collect();
        reported.sort_unstable();
        prop_assert_eq!(held, reported);
    }

    /// Whatever a trace says, the table of events says it, and the others are written.
    #[test]
    fn any_trace_has_tables(kinds in prop::collection::vec((any::<u64>(), 0u32..4, any_kind()), 1..200)) {
        let mut events: Vec<Event> = kinds.into_iter().map(|(time, thread, kind)| Event::new(time >> 1, thread, kind)).collect();
        events.sort_by_key(|event| (event.time, event.thread));
        let trace = Trace::read(&written(&events, |_| ())[..]).expect("it is a trace");
        prop_assert_eq!(rows(&trace, ParquetTable::Events), json_lines(&trace));
        for which in ParquetTable::ALL {
            let told = rows(&trace, which);
            prop_assert!(told.iter().all(|row| !row.is_empty()));
        }
    }
}
