//! Programs of std alone of which it is known what could have become of them: each is run once, and the command says it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use harness::{Guest, Ran, root, run, threadlink};
use serde_json::Value;

/// The line of a file of the guest's on which this stands.
fn line_of(file: &str, text: &str) -> u64 {
    let path = format!("tests/std-guests/src/bin/truth/{file}.rs");
    let source = std::fs::read_to_string(root().join(path)).unwrap();
    let at = source.lines().position(|line| line.contains(text));
    at.unwrap_or_else(|| panic!("{text:?} is nowhere")) as u64 + 1
}

/// The module, built with these arguments.
fn built(arguments: &[&str]) -> PathBuf {
    let guest = Guest::package("std-guests").with(&["--std", "threaded", "--bin", "truth"]);
    guest.with(arguments).traced().build()
}

fn module() -> &'static Path {
    static MODULE: OnceLock<PathBuf> = OnceLock::new();
    MODULE.get_or_init(|| built(&["--panic", "unwind"]))
}

/// Runs a case, which has to end with this code, and returns what `analyze` says of it, and that as JSON.
fn analyzed(case: &str, code: i32) -> (Ran, Value) {
    analyzed_of(module(), case, code)
}

/// The same of a module.
fn analyzed_of(module: &Path, case: &str, code: i32) -> (Ran, Value) {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let ran = run(threadlink()
        .arg("run")
        .arg(module)
        .arg("--trace")
        .arg(&trace)
        .args(["--", case]));
    assert_eq!(ran.code, code, "{case}: {}", ran.stderr);
    let kinds_to_fail = ["--json", "--fail-on", "actual,predicted,inversion"];
    let report = run(threadlink().arg("analyze").arg(&trace).args(kinds_to_fail));
    let json = serde_json::from_str(&report.stdout).unwrap();
    (report, json)
}

/// The file and line of a site.
fn place(json: &Value, site: &Value) -> (String, u64) {
    let places = json["places"].as_array().unwrap();
    let place = places.iter().find(|place| place["site"] == *site);
    let place = place.unwrap_or_else(|| panic!("{site} is nowhere"));
    (
        place["file"].as_str().unwrap().to_owned(),
        place["line"].as_u64().unwrap(),
    )
}

/// How often each lock was acquired, ascending.
fn acquisitions(json: &Value) -> Vec<u64> {
    let locks = json["locks"].as_array().unwrap().iter();
    let mut counts: Vec<u64> = locks.map(|lock| lock["acquisitions"].as_u64().unwrap()).collect();
    counts.sort_unstable();
    counts
}

#[test]
fn what_could_have_happened_is_told_after_one_run() {
    let (predicted, inversion) = ("predicted", "inversion");
    let mut wrong = Vec::new();
    for (case, candidates, proven, kinds, locks) in [
        ("classic", 1, 1, &[predicted][..], &[2, 2][..]),
        ("dining 2", 1, 1, &[predicted], &[2, 2]),
        ("dining 3", 1, 1, &[predicted], &[2, 2, 2]),
        ("dining 5", 1, 1, &[predicted], &[2, 2, 2, 2, 2]),
        ("ordered 2", 0, 0, &[], &[2, 2]),
        ("ordered 3", 0, 0, &[], &[2, 2, 2]),
        ("ordered 5", 0, 0, &[], &[2, 2, 2, 2, 2]),
        ("gate", 0, 0, &[], &[2, 2, 2]),
        ("same thread", 0, 0, &[], &[2, 2]),
        ("fork-join-fork", 1, 0, &[inversion], &[2, 2]),
        ("PickLock", 2, 1, &[predicted, inversion], &[2, 2, 2, 2]),
        ("Bensalem", 2, 1, &[predicted, inversion], &[2, 4, 4]),
        ("read-read", 0, 0, &[], &[2, 2]),
        ("read-write", 1, 1, &[predicted], &[2, 2]),
        ("half read", 0, 0, &[], &[2, 2]),
        ("read of a writer's", 1, 1, &[predicted], &[2, 2]),
        ("read gate", 1, 1, &[predicted], &[2, 2, 2]),
        ("read-write gate", 0, 0, &[], &[2, 2, 2]),
        ("try", 0, 0, &[], &[2, 2]),
        ("try first", 1, 1, &[predicted], &[2, 2]),
        ("try read", 0, 0, &[], &[2, 2]),
        ("shared edge", 2, 2, &[predicted, predicted], &[2, 3, 3]),
        ("many", 20, 20, &[predicted], &[21, 21]),
        ("two and two", 4, 4, &[predicted], &[4, 4]),
        ("hand over hand", 0, 0, &[], &[2, 2, 2, 2]),
        ("forth and back", 3, 3, &[predicted], &[2, 2, 2, 2]),
        ("both orders", 1, 1, &[predicted], &[3, 3]),
        ("transfers", 3, 3, &[predicted], &[2, 2, 2, 2, 2, 2]),
        ("barrier", 1, 0, &[inversion], &[2, 2]),
        ("channel", 1, 0, &[inversion], &[2, 2]),
        ("early channel", 1, 0, &[inversion], &[2, 2]),
        ("rendezvous", 1, 0, &[inversion], &[2, 2]),
        ("full channel", 1, 0, &[inversion], &[2, 2]),
        ("closed channel", 1, 0, &[inversion], &[2, 2]),
        ("deserted channel", 1, 0, &[inversion], &[2, 2]),
        ("once", 1, 0, &[inversion], &[2, 2]),
        ("once lock", 1, 0, &[inversion], &[2, 2]),
        ("lazy lock", 1, 0, &[inversion], &[2, 2]),
        ("ignored once", 1, 1, &[predicted], &[2, 2]),
        ("park", 1, 0, &[inversion], &[2, 2]),
        ("scopes", 1, 0, &[inversion], &[2, 2]),
        ("crowded scopes", 1, 0, &[inversion], &[2, 2]),
        ("late scope", 1, 0, &[inversion], &[2, 2]),
        ("forked inside", 1, 0, &[inversion], &[2, 2]),
        ("held join", 0, 0, &[], &[1, 2]),
        ("one address", 0, 0, &[], &[1, 1, 1]),
        ("one address, two orders", 0, 0, &[], &[1, 1, 1, 3]),
        ("moved", 0, 0, &[], &[3]),
        ("internals", 0, 0, &[], &[1, 3]),
    ] {
        let (report, json) = analyzed(case, 0);
        let deadlocks = &json["deadlocks"];
        let findings = deadlocks["findings"].as_array().unwrap().iter();
        let found: Vec<&str> = findings
            .map(|finding| finding["kind"].as_str().unwrap())
            .collect();
        let code = match kinds.first() {
            None => 0,
            Some(&"predicted") => 4,
            Some(_) => 5,
        };
        let figures = (deadlocks["candidates"].as_u64(), deadlocks["predicted"].as_u64());
        if (figures, &found[..], report.code) != ((Some(candidates), Some(proven)), kinds, code) {
            wrong.push(format!("{case}: {deadlocks}, exit code {}", report.code));
        }
        if acquisitions(&json) != locks {
            wrong.push(format!("{case}: locks acquired {:?} times", acquisitions(&json)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn who_waits_for_a_condition_variable_comes_after_who_notifies_it() {
    // How often its mutex is taken is chance.
    let (_, json) = analyzed("condvar", 0);
    let deadlocks = &json["deadlocks"];
    assert_eq!(
        (&deadlocks["candidates"], &deadlocks["predicted"]),
        (&1.into(), &0.into()),
        "{deadlocks}"
    );
}

#[test]
fn a_finding_names_where_each_lock_was_taken() {
    let (_, json) = analyzed("shared edge", 0);
    let findings = json["deadlocks"]["findings"].as_array().unwrap().iter();
    let mut places: Vec<Vec<(u64, u64)>> = findings
        .map(|finding| {
            let edges = finding["edges"].as_array().unwrap().iter();
            let line = |site: &Value| place(&json, site).1;
            let mut places: Vec<_> = edges
                .map(|edge| (line(&edge["holds"]["site"]), line(&edge["waits"]["site"])))
                .collect();
            places.sort_unstable();
            places
        })
        .collect();
    places.sort_by_key(Vec::len);
    let begin = line_of("orders", "pub(crate) fn shared_edge");
    // Each part has its two locks on two lines, and takes four lines.
    let part = |number: u64| (begin + 4 + 4 * number, begin + 5 + 4 * number);
    assert_eq!(
        places,
        [vec![part(0), part(1)], vec![part(0), part(2), part(3)]],
        "{json}"
    );
}

#[test]
fn a_lock_is_placed_where_the_program_has_it_made() {
    let aborting = built(&["--panic", "abort"]);
    for module in [module(), &aborting] {
        are_placed_where_they_are_made(module);
    }
}

fn are_placed_where_they_are_made(module: &Path) {
    let (_, json) = analyzed_of(module, "made", 0);
    let locks = json["locks"].as_array().unwrap().iter();
    let mut made: Vec<u64> = locks
        .map(|lock| {
            let (file, line) = place(&json, &lock["made"]);
            assert_eq!(file, "tests/std-guests/src/bin/truth/which.rs");
            line
        })
        .collect();
    made.sort_unstable();
    let mut lines: Vec<u64> = [
        "// derived",
        "// by path\n",
        "// Arc::default",
        "// resize_with",
        "// from_fn",
        "// into",
        "// or_default",
        "// get_or_init",
        "// option",
        "// cloned",
        "// closure",
        "// by path, to read",
        "// lazy",
        "// by pointer",
    ]
    .map(|text| line_of("which", text.trim_end()))
    .to_vec();
    lines.sort_unstable();
    assert_eq!(made, lines);
}

#[test]
fn what_happened_is_an_actual_deadlock() {
    for case in ["deadlock", "deadlock join", "deadlock self"] {
        let (report, json) = analyzed(case, 3);
        let findings = json["deadlocks"]["findings"].as_array().unwrap();
        assert_eq!((findings.len(), report.code), (1, 3), "{case}: {json}");
        assert_eq!(findings[0]["kind"], "actual");
    }
}

#[test]
fn a_run_that_went_well_fails_for_what_could_have_happened() {
    let mut command = threadlink();
    command.args(["run", "-p", "std-guests", "--bin", "truth", "--std", "threaded"]);
    let ran = run(command.args(["--analyze", "--fail-on", "predicted", "--", "classic"]));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("predicted deadlock: 2 threads could wait"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.stdout, "");
}
