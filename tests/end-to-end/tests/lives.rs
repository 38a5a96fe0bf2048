//! Which lock an address means: two that stand there one after the other are two, for the trace and for what is found live.

use std::collections::HashSet;
use std::path::Path;

use harness::{Guest, Ran, run, threadlink};
use serde_json::Value;
use threadlink_trace::{EventKind, Trace, validate};

fn lives(case: &str, trace: &Path) -> Ran {
    let module = Guest::bin("lives").traced().build();
    run(threadlink()
        .args(["run", "--timeout", "60"])
        .arg(module)
        .arg("--trace")
        .arg(trace)
        .args(["--", case]))
}

/// A run without a fault: its trace, and what the analysis says of it.
fn recorded(case: &str) -> (Trace, Value) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace");
    let ran = lives(case, &path);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let json = run(threadlink().arg("analyze").arg(&path).arg("--json"));
    let trace = Trace::open(&path).unwrap();
    validate(&trace).unwrap_or_else(|wrong| panic!("{case}: {wrong:?}"));
    (trace, serde_json::from_str(&json.stdout).unwrap())
}

fn locks<'a>(report: &'a Value, name: &str) -> Vec<&'a Value> {
    let all = report["locks"].as_array().unwrap().iter();
    all.filter(|lock| lock["name"] == name).collect()
}

/// The instances that the trace tells of, and those whose end it tells.
fn instances(trace: &Trace) -> (HashSet<u32>, HashSet<u32>) {
    let (mut begun, mut ended) = (HashSet::new(), HashSet::new());
    for event in trace.events() {
        match event.kind {
            EventKind::Instance { instance, .. } => assert!(begun.insert(instance), "{instance} twice"),
            EventKind::InstanceEnd { instance, .. } => {
                assert!(ended.insert(instance), "{instance} ends twice");
            }
            _ => {}
        }
    }
    assert!(ended.is_subset(&begun), "{ended:?} of {begun:?}");
    (begun, ended)
}

#[test]
fn a_lock_is_not_contended_by_what_was_forgotten_of_the_one_before() {
    let (trace, report) = recorded("overwritten");
    assert!(
        report
            .get("violations")
            .is_none_or(|none| none.as_array().unwrap().is_empty()),
        "{report}"
    );
    for (name, count) in [("slot", 3), ("shelf", 2)] {
        let found = locks(&report, name);
        assert_eq!(found.len(), count, "{report}");
        for lock in found {
            assert_eq!(
                (&lock["acquisitions"], &lock["contended"]),
                (&1.into(), &0.into()),
                "{lock}"
            );
        }
    }
    // One was forgotten with its guard: nobody knows of its end, so it is held for good.
    let held = locks(&report, "slot")
        .into_iter()
        .filter(|lock| lock.get("held_at_end").is_some_and(Value::is_object));
    assert_eq!(held.count(), 1, "{report}");
    let (begun, ended) = instances(&trace);
    assert_eq!((begun.len(), ended.len()), (5, 4));
}

#[test]
fn every_lock_that_was_used_and_dropped_has_an_end() {
    let (trace, _) = recorded("dropped");
    let (begun, ended) = instances(&trace);
    assert_eq!((begun.len(), ended.len()), (101, 101));
}

#[test]
fn a_lock_keeps_its_number_when_it_moves() {
    let (trace, report) = recorded("moved");
    let [lock] = locks(&report, "slot")[..] else {
        panic!("{report}")
    };
    assert_eq!(lock["acquisitions"], 2, "{lock}");
    let numbers = trace.events().filter_map(|event| match event.kind {
        EventKind::Instance { lock, instance } => Some((instance, lock)),
        _ => None,
    });
    let numbers: Vec<_> = numbers.collect();
    let [(first, at), (second, then)] = numbers[..] else {
        panic!("{numbers:?}")
    };
    assert_eq!(lock["id"], then, "{lock}");
    assert!(first == second && at != then, "{numbers:?}");
}

#[test]
fn parks_and_what_ends_them_are_in_the_trace() {
    let (trace, _) = recorded("parked");
    let line = |site| {
        trace
            .site(site)
            .unwrap_or_else(|| panic!("no site {site:#x}"))
            .to_string()
    };
    let (mut tokens, mut order) = (HashSet::new(), Vec::new());
    for event in trace.events() {
        let (token, what) = match event.kind {
            EventKind::Park { token, site, timed } => {
                assert!(
                    line(site).starts_with("tests/guests/src/bin/lives.rs:"),
                    "{}",
                    line(site)
                );
                (token, if timed { "timed park" } else { "park" })
            }
            EventKind::ParkEnd { token, timed_out } => (token, if timed_out { "timeout" } else { "end" }),
            EventKind::Unpark { token, site } => {
                assert!(
                    line(site).starts_with("tests/guests/src/bin/lives.rs:"),
                    "{}",
                    line(site)
                );
                (token, "unpark")
            }
            _ => continue,
        };
        tokens.insert(token);
        order.push(what);
    }
    assert_eq!(tokens.len(), 1, "all are of the main thread");
    let first = order.iter().position(|what| *what == "unpark").unwrap();
    let end = order.iter().position(|what| *what == "end").unwrap();
    assert!(first < end, "{order:?}");
    order.remove(first);
    assert_eq!(order, ["park", "end", "timed park", "timeout"]);
}

#[test]
fn a_deadlock_behind_a_reader_is_seen_though_a_guard_of_the_lock_before_was_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let ran = lives("stuck", &folder.path().join("trace"));
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr.contains("2 threads wait for each other"),
        "{}",
        ran.stderr
    );
}
