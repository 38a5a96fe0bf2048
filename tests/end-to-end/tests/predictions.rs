//! Deadlocks that did not happen: programs of std alone are run once, and the command says what could have become of them.

use harness::{Guest, root, run, threadlink};
use serde_json::Value;

/// The line of the guest's source on which this stands for the first time.
fn line_of(text: &str) -> u64 {
    let source = std::fs::read_to_string(root().join("tests/std-guests/src/bin/orders.rs")).unwrap();
    let at = source.lines().position(|line| line.contains(text));
    at.unwrap_or_else(|| panic!("{text:?} is nowhere")) as u64 + 1
}

#[test]
fn what_could_have_happened_is_told_after_one_run() {
    let module = Guest::package("std-guests")
        .with(&["--std", "threaded", "--bin", "orders", "--panic", "unwind"])
        .traced()
        .build();
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let mut wrong = Vec::new();
    for (case, candidates, predicted, kinds) in [
        ("inverse", 1, 1, &["predicted"][..]),
        ("alike", 0, 0, &[]),
        ("one thread", 0, 0, &[]),
        ("joined", 1, 0, &["inversion"]),
        ("gate", 0, 0, &[]),
        ("gate for reading", 1, 1, &["predicted"]),
        ("readers", 0, 0, &[]),
        ("writers", 1, 1, &["predicted"]),
        ("try", 0, 0, &[]),
        ("condvar", 1, 0, &["inversion"]),
        ("barrier", 1, 0, &["inversion"]),
        ("scopes", 1, 0, &["inversion"]),
        ("philosophers", 1, 1, &["predicted"]),
        ("many", 20, 20, &["predicted"]),
    ] {
        let ran = run(threadlink()
            .arg("run")
            .arg(&module)
            .arg("--trace")
            .arg(&trace)
            .args(["--", case]));
        assert_eq!(ran.code, 0, "{case}: {}", ran.stderr);
        let kinds_to_fail = ["--json", "--fail-on", "actual,predicted,inversion"];
        let report = run(threadlink().arg("analyze").arg(&trace).args(kinds_to_fail));
        let json: Value = serde_json::from_str(&report.stdout).unwrap();
        let deadlocks = &json["deadlocks"];
        let findings = deadlocks["findings"].as_array().unwrap();
        let found: Vec<&str> = findings
            .iter()
            .map(|finding| finding["kind"].as_str().unwrap())
            .collect();
        let code = match kinds.first() {
            None => 0,
            Some(&"predicted") => 4,
            Some(_) => 5,
        };
        let figures = (deadlocks["candidates"].as_u64(), deadlocks["predicted"].as_u64());
        if (figures, &found[..], report.code) != ((Some(candidates), Some(predicted)), kinds, code) {
            wrong.push(format!("{case}: {deadlocks}, exit code {}", report.code));
        }
        if case == "inverse" {
            let line = |site: &Value| {
                let places = json["places"].as_array().unwrap();
                places.iter().find(|place| place["site"] == *site).unwrap()["line"]
                    .as_u64()
                    .unwrap()
            };
            let edges = findings[0]["edges"].as_array().unwrap();
            let mut places: Vec<(u64, u64)> = edges
                .iter()
                .map(|edge| (line(&edge["holds"]["site"]), line(&edge["waits"]["site"])))
                .collect();
            places.sort_unstable();
            let (first, second) = (line_of("let _a = A.lock()"), line_of("let _b = B.lock()"));
            assert_eq!(places[0], (first, second));
            assert!(
                places[1].0 + 1 == places[1].1 && places[1].0 > second,
                "{places:?}"
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_run_that_went_well_fails_for_what_could_have_happened() {
    let mut command = threadlink();
    command.args(["run", "-p", "std-guests", "--bin", "orders", "--std", "threaded"]);
    let ran = run(command.args(["--analyze", "--fail-on", "predicted", "--", "inverse"]));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("predicted deadlock: 2 threads could wait"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.stdout, "");
}
