//! Deadlocks are found every time, while they happen, and nothing else is taken for one.

use std::path::Path;
use std::time::Duration;

use harness::{Guest, Ran, root, run, run_module, threadlink};
use threadlink_analysis::Report;
use threadlink_host::{Engine, EngineConfig, RunConfig};
use threadlink_trace::Trace;

/// Runs a module many times in this process and returns the exit codes that differ from `expected`, with the
/// reports.
fn many(module: &Path, arguments: &[&str], expected: i32) -> Vec<String> {
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    let program = engine.load(&std::fs::read(module).unwrap()).unwrap();
    let args: Vec<String> = std::iter::once(&"guest")
        .chain(arguments)
        .map(ToString::to_string)
        .collect();
    let run = || {
        let config = RunConfig::new()
            .args(args.clone())
            .stdout(Box::new(std::io::sink()))
            .timeout(Duration::from_secs(60));
        let outcome = program.run(config).unwrap();
        (outcome.end.exit_code() != expected).then(|| format!("{:?} {}", outcome.end, outcome.end))
    };
    (0..100).filter_map(|_| run()).collect()
}

fn nothing(failures: &[String]) {
    assert!(
        failures.is_empty(),
        "{} of 100 runs: {}",
        failures.len(),
        failures[0]
    );
}

/// The comments that mark the four places in the example's source.
const MARKERS: [&str; 4] = [
    "// left takes left",
    "// left wants right",
    "// right takes right",
    "// right wants left",
];

/// The line of the example's source on which `marker` stands, as `main.rs:LINE:`.
fn line_of(marker: &str) -> String {
    let source = std::fs::read_to_string(root().join("examples/deadlock/src/main.rs")).unwrap();
    let found: Vec<_> = source
        .lines()
        .zip(1..)
        .filter(|(line, _)| line.contains(marker))
        .map(|(_, number)| number)
        .collect();
    let [line] = found.as_slice() else {
        panic!("{marker:?} stands on the lines {found:?}")
    };
    format!("examples/deadlock/src/main.rs:{line}:")
}

fn is_the_report(ran: &Ran) {
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    let text = &ran.stderr;
    assert!(text.contains("deadlock: 2 threads wait for each other"), "{text}");
    for marker in MARKERS {
        assert!(
            text.contains(&line_of(marker)),
            "{marker}: {} is missing in {text}",
            line_of(marker)
        );
    }
    assert!(text.contains("'left'") && text.contains("'right'"), "{text}");
}

#[test]
fn the_example_ends_with_a_report_that_names_threads_locks_and_lines() {
    let module = Guest::package("deadlock").traced().build();
    is_the_report(&run_module(&module, &[]));
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let traced = run(threadlink().arg("run").arg(&module).arg("--trace").arg(&trace));
    is_the_report(&traced);
    let told = Report::of(&Trace::open(&trace).unwrap()).deadlocks.findings[0].to_string();
    assert!(
        traced.stderr.contains(&told),
        "{told}\nis not in\n{}",
        traced.stderr
    );
    let report = run(threadlink().arg("analyze").arg(&trace).arg("--json"));
    assert_eq!(report.code, 0, "{}", report.stderr);
    let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!(
        report["deadlocks"]["findings"].as_array().unwrap().len(),
        1,
        "{report}"
    );
    let edge = &report["deadlocks"]["findings"][0]["edges"][0];
    let places = report["places"].as_array().unwrap();
    for part in [&edge["holds"], &edge["waits"]] {
        let place = places.iter().find(|place| place["site"] == part["site"]).unwrap();
        let line = format!("{}:{}:", place["file"].as_str().unwrap(), place["line"]);
        assert!(
            MARKERS.iter().any(|marker| line_of(marker) == line),
            "{line} {report}"
        );
    }
}

#[test]
fn the_example_ends_that_way_a_hundred_times_out_of_a_hundred() {
    nothing(&many(&Guest::package("deadlock").traced().build(), &[], 3));
}

#[test]
fn gate_try_lock_and_forgotten_guards_are_no_deadlocks() {
    let module = Guest::bin("innocent").traced().build();
    for case in ["gate", "try_lock", "forgotten"] {
        nothing(&many(&module, &[case], 0));
    }
}

#[test]
fn ordered_philosophers_are_no_deadlock() {
    nothing(&many(&Guest::package("philosophers").traced().build(), &[], 0));
}

#[test]
fn waiting_for_a_lock_whose_owner_died_is_one() {
    let ran = run_module(&Guest::bin("dead_owner").traced().build(), &[]);
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr.contains("'victim'") && ran.stderr.contains("has died"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("a lock whose owner is gone"),
        "{}",
        ran.stderr
    );
    let ran = run_module(&Guest::bin("dead_owner").traced().build(), &["forgot"]);
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stderr.contains("has returned without releasing"),
        "{}",
        ran.stderr
    );
}
