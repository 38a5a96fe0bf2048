//! The names that `#[traced]` gives to locks are in the report of a traced run, and cost nothing in any other.

use std::path::{Path, PathBuf};

use harness::{Guest, root, run, threadlink};
use serde_json::Value;
use wasmparser::{Parser, Payload};

/// The report of a traced run.
fn report(module: &Path, code: i32) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let ran = run(threadlink().arg("run").arg(module).arg("--trace").arg(&trace));
    assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
    let analyzed = run(threadlink().arg("analyze").arg(&trace).arg("--json"));
    assert_eq!(analyzed.code, 0, "{}", analyzed.stderr);
    serde_json::from_str(&analyzed.stdout).unwrap()
}

/// Name, file and line of each lock and condition variable that has a name.
fn named(report: &Value) -> Vec<(String, String, u64)> {
    let both = ["locks", "condvars"]
        .into_iter()
        .filter_map(|key| report[key].as_array());
    let mut found: Vec<_> = both
        .flatten()
        .filter_map(|lock| {
            let name = lock["name"].as_str()?;
            let places = report["places"].as_array()?;
            let made = places.iter().find(|place| place["site"] == lock["made"]);
            let made = made.unwrap_or_else(|| panic!("no place in {lock}"));
            Some((
                name.to_owned(),
                made["file"].as_str()?.to_owned(),
                made["line"].as_u64()?,
            ))
        })
        .collect();
    found.sort();
    found
}

const GUEST: &str = "tests/guests/src/bin/names.rs";

/// The names that the comments in the guest's source give to its lines, and the lines.
fn expected() -> Vec<(String, String, u64)> {
    let source = std::fs::read_to_string(root().join(GUEST)).unwrap();
    let mut expected: Vec<_> = source
        .lines()
        .zip(1..)
        .filter_map(|(line, number)| {
            let (_, name) = line.split_once(" // ")?;
            Some((name.to_owned(), GUEST.to_owned(), number))
        })
        .collect();
    expected.sort();
    expected
}

#[test]
fn the_report_has_names_and_places_of_locks() {
    let expected = expected();
    assert!(expected.len() >= 9, "{expected:?}");
    for guest in [Guest::bin("names"), Guest::bin("names").with(&["--release"])] {
        let report = report(&guest.traced().build(), 0);
        let mut found = named(&report);
        // Two boxes are made on one line.
        found.dedup();
        assert_eq!(found, expected, "{report}");
    }
}

#[test]
fn locks_that_core_makes_have_the_programs_place() {
    let guest = || Guest::bin("made").traced();
    let source = std::fs::read_to_string(root().join("tests/guests/src/bin/made.rs")).unwrap();
    for (arguments, place) in [
        (&["--std", "plain"][..], "made"),
        (&["--std", "threaded"], "made"),
        (&["--std", "threaded", "--panic", "unwind"], "made"),
        // Optimised, with lines.
        (&["--std", "plain", "--profile", "explored"], "made"),
        (&["--std", "threaded", "--profile", "explored"], "made"),
        // Where no line is known for whom they were made, they are where they were used first.
        (&["--std", "plain", "--release"], "used"),
        (&["--std", "threaded", "--release"], "used"),
    ] {
        let report = report(&guest().with(arguments).build(), 0);
        let all = ["locks", "condvars"].map(|key| report[key].as_array().unwrap());
        let mut found: Vec<u64> = all
            .into_iter()
            .flatten()
            .map(|lock| {
                let mut places = report["places"].as_array().unwrap().iter();
                let made = places.find(|place| place["site"] == lock["made"]).unwrap();
                assert_eq!(
                    made["file"], "tests/guests/src/bin/made.rs",
                    "{arguments:?}: {report}"
                );
                made["line"].as_u64().unwrap()
            })
            .collect();
        found.sort_unstable();
        // Of two lines, each has made two.
        found.dedup();
        let marked = source.lines().zip(1..).filter(|(line, _)| line.ends_with(place));
        let expected: Vec<u64> = marked.map(|(_, number)| number).collect();
        assert_eq!(found, expected, "{arguments:?}: {report}");
    }
}

/// The constant data in a module.
fn data(bytes: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::DataSection(section) = payload.unwrap() {
            section
                .into_iter()
                .for_each(|segment| data.extend(segment.unwrap().data));
        }
    }
    data
}

#[test]
fn names_are_in_traced_modules_only() {
    let contains = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    for profile in [&[][..], &["--release"]] {
        let guest = Guest::bin("names").with(profile);
        let read = |path: PathBuf| std::fs::read(path).unwrap();
        let (plain, traced) = (read(guest.build()), read(guest.traced().build()));
        for name in ["Account.balance", "Account.changed", "Shelf.fast"] {
            assert!(!contains(&plain, name), "{name} in {profile:?}");
            assert!(contains(&data(&traced), name), "{name} not in {profile:?}");
        }
        // The path of a static is also the name of a symbol.
        for name in ["names::LEDGER", "names::vault::KEY"] {
            assert!(!contains(&data(&plain), name), "{name} in {profile:?}");
            assert!(contains(&data(&traced), name), "{name} not in {profile:?}");
        }
    }
}

#[test]
fn programs_for_std_have_the_names_of_their_fields() {
    for (program, fields) in [
        (
            "std_bank",
            &["Account.balance", "Tray.entries", "Tray.filled", "Tray.emptied"][..],
        ),
        (
            "std_pool",
            &["Deque.jobs", "Shared.state", "Shared.work", "Shared.idle"],
        ),
        (
            "std_cache",
            &[
                "Inner.store",
                "Inner.cache",
                "Inner.counts",
                "Queue.requests",
                "Queue.filled",
                "Reply.value",
            ],
        ),
    ] {
        let guest = Guest::package(program).with(&["--bin", program]).traced();
        let report = report(&guest.build(), 0);
        let found = named(&report);
        for field in fields {
            let (_, file, _) = found
                .iter()
                .find(|(name, ..)| name == field)
                .unwrap_or_else(|| panic!("{field} is not in the report: {report}"));
            assert!(file.ends_with("src/traced.rs"), "{field}: {file}");
        }
    }
}

#[test]
fn a_deadlock_is_told_by_names() {
    let module = Guest::package("deadlock").traced().build();
    let ran = run(threadlink().arg("run").arg(&module));
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    for name in ["Table.left", "Table.right"] {
        let lines = ran.stderr.lines().filter(|line| line.contains(name));
        // Each is held by one thread and wanted by the other.
        assert!(lines.count() >= 2, "{}", ran.stderr);
    }
    let report = report(&module, 3);
    let edges = report["deadlocks"]["findings"][0]["edges"].to_string();
    for name in ["Table.left", "Table.right"] {
        assert!(edges.contains(name), "{name}: {report}");
    }
}
