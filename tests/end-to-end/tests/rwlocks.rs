//! Read-write locks and condition variables of real programs: their deadlocks are found and named with source lines,
//! their traces are well formed and reported.

use std::path::Path;

use harness::{Guest, Ran, root, run, run_module, threadlink};
use threadlink_trace::{Trace, validate};

const SOURCE: &str = "tests/guests/src/bin/rwlocks.rs";

fn guest() -> std::path::PathBuf {
    Guest::bin("rwlocks").traced().build()
}

/// The line of the guest's source on which `marker` stands, as `rwlocks.rs:LINE:`.
fn line_of(marker: &str) -> String {
    let source = std::fs::read_to_string(root().join(SOURCE)).unwrap();
    let marker = format!("// {marker}");
    let found: Vec<_> = source
        .lines()
        .zip(1..)
        .filter(|(line, _)| line.ends_with(&marker))
        .map(|(_, number)| number)
        .collect();
    let [line] = found.as_slice() else {
        panic!("{marker:?} stands on the lines {found:?}")
    };
    format!("{SOURCE}:{line}:")
}

#[track_caller]
fn deadlock(ran: &Ran, parts: &[&str], markers: &[&str]) {
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    let lines = markers.iter().map(|marker| line_of(marker));
    for part in parts.iter().map(ToString::to_string).chain(lines) {
        assert!(
            ran.stderr.contains(&part),
            "{part:?} is missing in {}",
            ran.stderr
        );
    }
}

#[test]
fn two_readers_that_both_want_to_write_are_named() {
    let parts = ["for reading", "for writing"];
    let markers = ["upgrade reads", "upgrade wants to write"];
    for _ in 0..10 {
        deadlock(&run_module(&guest(), &["upgrade"]), &parts, &markers);
    }
}

#[test]
fn writers_that_want_to_read_what_the_other_writes_are_named() {
    let parts = [
        "2 threads wait for each other",
        "'left'",
        "'right'",
        "for reading",
        "for writing",
    ];
    let markers = [
        "left writes",
        "left wants to read",
        "right writes",
        "right wants to read",
    ];
    for _ in 0..10 {
        deadlock(&run_module(&guest(), &["crossed"]), &parts, &markers);
    }
}

fn record(arguments: &[&str], trace: &Path) -> Ran {
    let mut command = threadlink();
    command
        .arg("run")
        .arg(guest())
        .arg("--trace")
        .arg(trace)
        .arg("--");
    run(command.args(arguments))
}

fn report(trace: &Path) -> serde_json::Value {
    let ran = run(threadlink().arg("analyze").arg(trace).arg("--json"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn a_wait_that_nobody_can_end_is_a_deadlock_in_the_run_and_in_the_trace() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let parts = [
        "none is left to wake",
        "'consumer'",
        "waits for condition variable",
    ];
    deadlock(&record(&["lost"], &trace), &parts, &["waits for nothing"]);
    validate(&Trace::open(&trace).unwrap()).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let report = report(&trace);
    let edges = report["deadlocks"]["findings"][0]["edges"].as_array().unwrap();
    assert!(
        edges.iter().any(|edge| edge["waits"]["kind"] == "condvar"),
        "{report}"
    );
}

#[test]
fn whom_the_only_notification_has_not_woken_is_told_though_later() {
    let parts = ["none is left to wake", "waits for condition variable", "'main'"];
    deadlock(&run_module(&guest(), &["left"]), &parts, &["one is left here"]);
}

#[test]
fn the_trace_of_producers_and_consumers_is_well_formed_and_tells_their_waits() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let ran = record(&["pipeline"], &trace);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let checked = validate(&Trace::open(&trace).unwrap()).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let report = report(&trace);
    let [condvar] = report["condvars"].as_array().unwrap().as_slice() else {
        panic!("{report}")
    };
    assert_eq!(condvar["notify_one"], 500, "{condvar}");
    assert_eq!(condvar["notify_all"], 1, "{condvar}");
    assert_eq!(condvar["waits"].as_u64(), Some(checked.waits), "{condvar}");
    let locks = report["locks"].as_array().unwrap();
    let read: Vec<_> = locks.iter().filter(|lock| !lock["reads"].is_null()).collect();
    let [table] = read.as_slice() else {
        panic!("{report}")
    };
    assert_eq!(table["reads"]["acquisitions"], 500, "{table}");
    assert_eq!(table["writes"]["acquisitions"], 5, "{table}");
    let text = run(threadlink().arg("analyze").arg(&trace));
    for part in [
        "Condition variables",
        &line_of("notifies one"),
        "for reading",
        "for writing",
    ] {
        assert!(
            text.stdout.contains(part),
            "{part:?} is missing in {}",
            text.stdout
        );
    }
}

#[test]
fn time_limits_and_upgrades_of_parking_lot_work_and_make_a_well_formed_trace() {
    let plain = run_module(&Guest::bin("timed").build(), &[]);
    assert_eq!(
        (plain.code, plain.stdout.as_str()),
        (0, "done\n"),
        "{}",
        plain.stderr
    );
    let file = root().join("target/e2e/timed.trace");
    let module = Guest::bin("timed").traced().build();
    let ran = run(threadlink().arg("run").arg("--trace").arg(&file).arg(&module));
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "done\n"), "{}", ran.stderr);
    validate(&Trace::open(&file).unwrap()).unwrap_or_else(|wrong| panic!("{wrong:?}"));
}
