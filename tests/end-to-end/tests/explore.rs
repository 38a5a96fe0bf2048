//! `threadlink explore`: programs with bugs that few schedules show are found out, correct ones are not blamed, and a token does
//! the same again.

use std::path::Path;

use harness::{Guest, Ran, run, threadlink};
use serde_json::Value;
use threadlink_trace::{Trace, validate};

/// The programs with a bug, what kind of failure it is, and in how many schedules it is to be found at most. That is for one seed,
/// and so above the medians of many, which docs/explore.md has: another compiler's points are enough to make it another one.
const BUGS: [(&str, &str, u64); 12] = [
    ("lost-update", "panic", 10),
    ("queue", "panic", 60),
    ("aba", "panic", 120),
    ("peterson", "panic", 300),
    ("order", "panic", 60),
    ("philosophers-3", "deadlock", 60),
    ("philosophers-4", "deadlock", 120),
    ("philosophers-5", "deadlock", 200),
    ("two-locks", "deadlock", 60),
    ("missed-signal", "deadlock", 60),
    ("check-then-act", "panic", 60),
    ("permits", "panic", 60),
];

const CORRECT: [&str; 9] = [
    "spin",
    "back-off",
    "time-runs-out",
    "parks",
    "sequence-lock",
    "once",
    "channel",
    "readers",
    "barrier",
];

fn guest(std: &str, panic: &str, profile: &str) -> Guest {
    Guest::package("explored").with(&["--std", std, "--panic", panic, "--profile", profile])
}

/// Explores a program of a module, for JSON.
fn explore(module: &Path, options: &[&str], program: &str) -> (Ran, Value) {
    let mut command = threadlink();
    command.arg("explore").arg(module).arg("--json").args(options);
    let ran = run(command.args(["--", program]));
    let document = serde_json::from_str(&ran.stdout);
    let document =
        document.unwrap_or_else(|error| panic!("{program}: {error}\n{}\n{}", ran.stdout, ran.stderr));
    (ran, document)
}

/// Finds the bugs of all programs, and returns the tokens.
fn find_all(module: &Path) -> Vec<(&'static str, String)> {
    let found = BUGS.into_iter().map(|(program, kind, most)| {
        let (ran, document) = explore(module, &["--seed", "1"], program);
        let failure = &document["failures"][0];
        assert_eq!(
            (ran.code, failure["kind"].as_str()),
            (1, Some(kind)),
            "{program}: {document}"
        );
        let schedule = failure["schedule"].as_u64().expect("it has a number");
        assert!(
            (1..=most).contains(&schedule),
            "{program}: found in schedule {schedule}"
        );
        assert_eq!(document["schedules"], schedule);
        // One that is stopped has an old budget: what is left of that are no steps.
        let steps = document["steps"].as_u64().expect("steps are counted");
        assert!(steps < schedule * 50_000, "{program}: {steps} steps");
        (
            program,
            failure["replay"].as_str().expect("it has a token").to_owned(),
        )
    });
    found.collect()
}

/// How many steps the first schedule takes.
fn steps(module: &Path, program: &str) -> u64 {
    let (_, document) = explore(module, &["--schedules", "1"], program);
    document["steps"].as_u64().expect("a number of steps")
}

fn blame_none(module: &Path) {
    for program in CORRECT {
        let (ran, document) = explore(module, &["--schedules", "300", "--seed", "1"], program);
        assert_eq!(ran.code, 0, "{program}: {document}");
        assert_eq!(document["schedules"], 300);
    }
}

#[test]
fn bugs_are_found_and_correct_programs_are_not_blamed_where_panics_unwind() {
    let module = guest("threaded", "unwind", "dev").build();
    let found = find_all(&module);
    blame_none(&module);
    for (program, token) in found {
        // Step for step, as the document is the same to the byte.
        let (first, document) = explore(&module, &["--replay", &token], program);
        assert_eq!(first.code, 1, "{program}: {}", first.stderr);
        assert!(document["seconds"].is_null());
        assert_eq!(document["failures"][0]["replay"], token.as_str());
        for _ in 0..3 {
            assert_eq!(
                explore(&module, &["--replay", &token], program).0.bytes,
                first.bytes,
                "{program}"
            );
        }
    }
}

#[test]
fn bugs_are_found_and_correct_programs_are_not_blamed_where_they_abort() {
    let module = guest("threaded", "abort", "explored").build();
    find_all(&module);
    blame_none(&module);
}

#[test]
fn the_crates_own_threads_are_explored_as_well() {
    let module = guest("plain", "abort", "dev").build();
    find_all(&module);
    blame_none(&module);
}

#[test]
fn the_crates_own_threads_are_explored_where_panics_unwind() {
    for profile in ["dev", "explored"] {
        find_all(&guest("plain", "unwind", profile).build());
    }
}

#[test]
fn the_lowest_schedule_is_told_however_many_are_executed_at_once() {
    let module = guest("threaded", "unwind", "dev").build();
    for program in ["aba", "order", "philosophers-5"] {
        let told = |jobs: &str| {
            let (_, mut document) = explore(&module, &["--jobs", jobs, "--seed", "3"], program);
            document["failures"].take()
        };
        let one = told("1");
        assert_eq!(told("2"), one, "{program}");
        assert_eq!(told("5"), one, "{program}");
    }
}

#[test]
fn a_report_says_what_happened_how_and_how_to_see_it_again() {
    let module = guest("threaded", "unwind", "dev").build();
    let ran = run(threadlink()
        .arg("explore")
        .arg(&module)
        .args(["--", "lost-update"]));
    assert_eq!(ran.code, 1);
    for part in [
        " fails: panic\n",
        "thread 'main' panicked at tests/explore/src/bugs.rs:",
        "an update is lost",
        "was stopped at ",
        "' goes on\n",
        "--replay tlx2.",
        ": 1 failure\n",
    ] {
        assert!(ran.stdout.contains(part), "no {part:?} in\n{}", ran.stdout);
    }
}

#[test]
fn a_replay_can_be_recorded_and_fails_for_another_module_or_other_arguments() {
    let module = guest("threaded", "unwind", "dev").build();
    let (_, document) = explore(&module, &[], "two-locks");
    let token = document["failures"][0]["replay"]
        .as_str()
        .expect("it has a token");
    let trace = harness::copies().join("explored.trace");
    let replay = |module: &Path, program: &str| {
        let mut command = threadlink();
        command
            .arg("explore")
            .arg(module)
            .args(["--replay", token, "--trace"]);
        run(command.arg(&trace).args(["--", program]))
    };
    assert_eq!(replay(&module, "two-locks").code, 1);
    let recorded = Trace::open(&trace).expect("it is a trace");
    validate(&recorded).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let other = replay(&module, "aba");
    assert_eq!(other.code, 2);
    assert!(other.stderr.contains("other arguments"), "{}", other.stderr);
    let other = replay(&guest("threaded", "abort", "explored").build(), "two-locks");
    assert_eq!(other.code, 2);
    assert!(other.stderr.contains("another module"), "{}", other.stderr);
}

#[test]
fn what_only_main_may_not_do_others_may() {
    let module = guest("threaded", "unwind", "dev").build();
    // Its threads panic, and main with them.
    let (ran, document) = explore(&module, &["--panics", "main"], "permits");
    assert_eq!(
        (ran.code, &document["failures"][0]["threads"][0]),
        (1, &Value::from("'main'"))
    );
    let (ran, _) = explore(&module, &["--schedules", "20", "--keep-going"], "permits");
    assert_eq!(ran.code, 1);
}

/// A few of the programs of `cargo xtask explore-table`, of each kind, as a user builds a release: without debug information.
#[test]
fn bugs_are_found_without_debug_information() {
    let module = Guest::package("std-guests")
        .with(&[
            "--bin",
            "schedules",
            "--std",
            "threaded",
            "--panic",
            "unwind",
            "--release",
        ])
        .build();
    for (program, kind) in [
        ("din_phil3", "deadlock"),
        ("carter01", "deadlock"),
        ("sync02", "deadlock"),
        ("account", "panic"),
        ("reorder_4", "panic"),
        ("twostage", "panic"),
        ("wsq", "panic"),
        ("stringbuffer", "panic"),
    ] {
        let (ran, document) = explore(&module, &["--schedules", "1000", "--no-shrink"], program);
        let failure = &document["failures"][0]["kind"];
        assert_eq!(
            (ran.code, failure.as_str()),
            (1, Some(kind)),
            "{program}: {document}"
        );
        assert!(!ran.stderr.contains("no debug information"), "{}", ran.stderr);
    }
    for program in [
        "bare-spin",
        "back-off",
        "nothing-comes",
        "sequence-lock",
        "wsq-right",
    ] {
        let (ran, document) = explore(&module, &["--schedules", "200"], program);
        assert_eq!(ran.code, 0, "{program}: {document}");
    }
    // Starting and ending its threads would be 17 more: what is made for their closures has these in it.
    let steps = steps(&module, "bare-spin");
    assert!((15..=34).contains(&steps), "{steps} steps");
}

/// Over a plain std, where it is the crate that starts and ends threads: each would be two more steps.
#[test]
fn threads_start_and_end_without_points_where_there_is_no_debug_information() {
    let [told, untold] = ["explored", "release"].map(|profile| {
        let module = guest("plain", "unwind", profile).build();
        steps(&module, "spin")
    });
    assert!(
        untold <= told + 4,
        "{untold} steps, and {told} with debug information"
    );
}

#[test]
fn who_asks_how_many_references_there_are_is_stopped_where_they_are_counted() {
    let guest = Guest::package("std-guests").with(&["--bin", "counts", "--std", "threaded"]);
    let (ran, document) = explore(&guest.build(), &["--schedules", "300", "--seed", "1"], "");
    assert_eq!(ran.code, 1, "{document}");
    assert!(
        document["failures"][0]["message"]
            .to_string()
            .contains("nobody was the last"),
        "{document}"
    );
}
