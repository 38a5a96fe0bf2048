//! `#[threadlink::test]` through plain cargo and through `threadlink test`, and projects that `threadlink new` makes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use harness::{Ran, plain_cargo, root, run, threadlink};

/// A folder of its own, at the same place each time: so that cargo builds anew only what has changed.
fn folder(name: &str) -> PathBuf {
    let folder = root().join("target").join("e2e").join("projects").join(name);
    // The folder may be there from another run, with files that do not exist any more.
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The versions of the workspace, which are there already: cargo drops those that are not needed.
fn lock_versions(project: &Path) {
    std::fs::copy(root().join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
}

/// One cargo at a time in these projects: they share the workspace's target directory.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The fixture, as a project of somebody who has run `threadlink init`.
fn tested(name: &str) -> PathBuf {
    let project = folder(name);
    copy(&root().join("tests/fixtures/tested"), &project);
    let manifest = project.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let runtime = root().join("threadlink");
    std::fs::write(&manifest, text.replace("@THREADLINK@", runtime.to_str().unwrap())).unwrap();
    lock_versions(&project);
    let init = run(threadlink().arg("init").arg(&project));
    assert_eq!(init.code, 0, "{}", init.stderr);
    project
}

/// Plain cargo, which builds where other guests are, over the std in which `#[threadlink::test]` is a test of the crate's own.
fn cargo(project: &Path) -> Command {
    let mut command = plain_cargo(project);
    command.env("CARGO_TARGET_DIR", root().join("target"));
    command.env("THREADLINK_STD", "plain");
    command
}

/// `cargo test --target wasm32-unknown-unknown ARGUMENTS`.
fn cargo_test(project: &Path, arguments: &[&str]) -> Ran {
    run(cargo(project)
        .args(["test", "--target", "wasm32-unknown-unknown"])
        .args(arguments))
}

#[track_caller]
fn assert_lines(ran: &Ran, lines: &[&str]) {
    for line in lines {
        assert!(
            ran.stdout.lines().any(|found| found == *line),
            "no line `{line}` in\n{}\n{}",
            ran.stdout,
            ran.stderr
        );
    }
}

/// The last line, without the time.
#[track_caller]
fn assert_result(ran: &Ran, code: i32, result: &str) {
    assert_eq!(ran.code, code, "{}\n{}", ran.stdout, ran.stderr);
    let results: Vec<&str> = ran
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("test result: ")?.split("; finished in").next())
        .collect();
    assert_eq!(results, [result], "{}\n{}", ran.stdout, ran.stderr);
}

/// What `title` heads in the list of outputs.
fn output_of<'a>(ran: &'a Ran, test: &str) -> &'a str {
    let head = format!("---- {test} stdout ----\n");
    let (_, rest) = ran
        .stdout
        .split_once(&head)
        .unwrap_or_else(|| panic!("no output of {test} in\n{}", ran.stdout));
    rest.split("\n---- ").next().unwrap_or_default()
}

const LIBRARY: [&str; 19] = [
    "running 17 tests",
    "test at_the_root ... ok",
    "test tests::fresh_memory_1 ... ok",
    "test tests::fresh_memory_2 ... ok",
    "test tests::prints_and_passes ... ok",
    "test tests::returns_ok ... ok",
    "test tests::panics_as_it_should - should panic ... ok",
    "test tests::panics_with_the_right_words - should panic ... ok",
    "test tests::fails ... FAILED",
    "test tests::traps ... FAILED",
    "test tests::a_thread_panics ... FAILED",
    "test tests::returns_an_error ... FAILED",
    "test tests::returns_a_code ... FAILED",
    "test tests::panics_with_wrong_words - should panic ... FAILED",
    "test tests::does_not_panic - should panic ... FAILED",
    "test tests::traps_instead_of_panicking - should panic ... FAILED",
    "test tests::ignored ... ignored",
    "test tests::plain ... not run (plain #[test]: use #[threadlink::test])",
    "test tests::deeper::plain_too ... not run (plain #[test]: use #[threadlink::test])",
];

/// `aborts` is whether the build does not unwind: then it is the host that tells of a panic.
fn the_librarys_tests_end_as_they_should(ran: &Ran, aborts: bool) {
    assert_result(
        ran,
        101,
        "FAILED. 7 passed; 8 failed; 2 ignored; 0 measured; 0 filtered out; 2 not run",
    );
    assert_lines(ran, &LIBRARY);
    assert_lines(
        ran,
        &[
            "test tests::ignored_for_a_reason ... ignored, takes too long",
            // In the list of failures, and nothing else of them.
            "    tests::fails",
            "    tests::traps",
        ],
    );
    assert!(!ran.stdout.contains("a passing test's output"), "{}", ran.stdout);
    for (test, clues) in [
        (
            "tests::fails",
            &[
                "on its way to fail\nand on the other stream\n",
                "wrong sum",
                "src/lib.rs:",
                if aborts {
                    "note: run with `RUST_BACKTRACE=1`"
                } else {
                    ""
                },
            ][..],
        ),
        ("tests::traps", &["trapped: call stack exhausted"]),
        ("tests::a_thread_panics", &["in a thread", "it panics"]),
        ("tests::returns_an_error", &["Error: \"nothing works\"\n"]),
        ("tests::returns_a_code", &["exit code 7"]),
        (
            "tests::panics_with_wrong_words",
            &[
                "panic message: \"something else\"",
                "expected substring: \"the right words\"",
            ],
        ),
        (
            "tests::does_not_panic",
            &["test did not panic as expected at src/lib.rs:"],
        ),
        (
            "tests::traps_instead_of_panicking",
            &["trapped:", "did not panic"],
        ),
    ] {
        let output = output_of(ran, test);
        for clue in clues {
            assert!(output.contains(clue), "{test}: no {clue:?} in {output}");
        }
    }
}

#[test]
fn tests_of_a_library_run_under_plain_cargo() {
    let _turn = turn();
    let project = tested("tested");
    the_librarys_tests_end_as_they_should(&cargo_test(&project, &["--lib"]), false);
    let ran = run(threadlink()
        .current_dir(&project)
        .env("CARGO_TARGET_DIR", root().join("target"))
        .args(["test", "--std", "plain", "--panic", "abort", "--lib"]));
    the_librarys_tests_end_as_they_should(&ran, true);

    let options = |words: &[&str]| {
        let mut arguments = vec!["--lib", "--"];
        arguments.extend(words);
        cargo_test(&project, &arguments)
    };
    let ran = options(&["fresh", "root", "--skip", "memory_2", "--test-threads=1"]);
    assert_result(
        &ran,
        0,
        "ok. 2 passed; 0 failed; 0 ignored; 0 measured; 17 filtered out",
    );
    let ran = options(&["--exact", "tests::fresh_memory_1", "fresh_memory_2"]);
    assert_result(
        &ran,
        0,
        "ok. 1 passed; 0 failed; 0 ignored; 0 measured; 18 filtered out",
    );
    let ran = options(&["--ignored", "tests::ignored"]);
    assert_result(
        &ran,
        101,
        "FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 17 filtered out",
    );
    assert!(output_of(&ran, "tests::ignored_for_a_reason").contains("ignored, but asked for"));
    let ran = options(&["--include-ignored", "--exact", "tests::ignored", "at_the_root"]);
    assert_result(
        &ran,
        0,
        "ok. 2 passed; 0 failed; 0 ignored; 0 measured; 17 filtered out",
    );

    let ran = options(&["prints", "--show-output"]);
    assert!(output_of(&ran, "tests::prints_and_passes").contains("a passing test's output\n"));
    let ran = options(&["prints", "--no-capture"]);
    assert_lines(&ran, &["a passing test's output"]);
    assert!(!ran.stdout.contains("----"), "{}", ran.stdout);

    let ran = options(&["--quiet", "--test-threads=1"]);
    assert_lines(&ran, &["ii.FFF....F.FF.FF", "    tests::plain"]);

    let ran = options(&["--list", "--format", "terse"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stdout.lines().count(), 17, "{}", ran.stdout);
    assert_lines(&ran, &["at_the_root: test", "tests::ignored: test"]);
    assert!(
        ran.stderr.contains("test tests::plain ... not run"),
        "{}",
        ran.stderr
    );
    assert_lines(&options(&["--list", "fresh"]), &["2 tests, 0 benchmarks"]);

    let ran = options(&["--shuffle"]);
    assert_ne!(ran.code, 0);
    assert!(ran.stderr.contains("no option `--shuffle`"), "{}", ran.stderr);
}

#[test]
fn tests_run_in_an_optimised_build_too() {
    let _turn = turn();
    let project = tested("tested-release");
    the_librarys_tests_end_as_they_should(&cargo_test(&project, &["--lib", "--release"]), false);
}

#[test]
fn every_kind_of_target_is_tested() {
    let _turn = turn();
    let project = tested("tested-targets");
    let ran = cargo_test(&project, &["--bin", "tested"]);
    assert_result(
        &ran,
        0,
        "ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
    );
    assert_lines(&ran, &["test of_the_program ... ok"]);
    let ran = cargo_test(&project, &["--bin", "untested"]);
    assert_result(
        &ran,
        0,
        "ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
    );
    let ran = cargo_test(&project, &["--test", "integration"]);
    assert_result(
        &ran,
        0,
        "ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; 1 not run",
    );
    assert_lines(
        &ran,
        &[
            "test from_outside ... ok",
            "test plain_from_outside ... not run (plain #[test]: use #[threadlink::test])",
        ],
    );
    let ran = cargo_test(&project, &["--test", "plain_only"]);
    assert_result(
        &ran,
        101,
        "FAILED. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; 1 not run",
    );
    assert!(ran.stderr.contains("none that runs on a guest"), "{}", ran.stderr);
    let ran = cargo_test(&project, &["--doc"]);
    assert_ne!(ran.code, 0, "{}", ran.stdout);
    let all = ran.stdout + &ran.stderr;
    assert!(all.contains("documentation tests do not run on a guest"), "{all}");
}

#[test]
fn deadlocks_and_endless_tests_fail_with_a_report() {
    let _turn = turn();
    let project = tested("tested-locks");
    let ran = run(threadlink()
        .current_dir(&project)
        .env("CARGO_TARGET_DIR", root().join("target"))
        .args([
            "test",
            "--std",
            "plain",
            "--panic",
            "abort",
            "--test",
            "locks",
            "--features",
            "tracing",
            "--",
            "--timeout",
            "20",
        ]));
    assert_result(
        &ran,
        101,
        "FAILED. 0 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
    );
    let deadlock = output_of(&ran, "deadlocks");
    assert!(
        deadlock.contains("deadlock: 2 threads wait for each other") && deadlock.contains("tests/locks.rs:"),
        "{deadlock}"
    );
    let endless = output_of(&ran, "never_ends");
    assert!(endless.contains("still running after 20 s"), "{endless}");
}

#[test]
fn each_test_has_its_findings_and_may_fail_for_them() {
    let _turn = turn();
    let project = tested("tested-orders");
    let test = |std: &str, words: &[&str]| {
        let mut command = threadlink();
        command
            .current_dir(&project)
            .env("CARGO_TARGET_DIR", root().join("target"))
            .args(["test", "--std", std, "--test", "orders"])
            .args(words);
        run(&mut command)
    };
    // Each test is a run of its own; over the threaded std libtest runs all in one, on threads called as they are.
    for (std, whose) in [
        ("plain", "test opposite_orders (orders): 1 finding"),
        ("threaded", "all tests of orders, in one process: 1 finding"),
    ] {
        let ran = test(std, &["--trace", "traces", "--fail-on", "predicted"]);
        assert_eq!(ran.code, 4, "{std}: {}\n{}", ran.stdout, ran.stderr);
        for part in [
            whose,
            "predicted deadlock: 2 threads could wait",
            "'the second'",
            "tests/orders.rs:17",
        ] {
            assert!(ran.stderr.contains(part), "{std}: no {part} in {}", ran.stderr);
        }
        assert!(!ran.stderr.contains("test one_order"), "{std}: {}", ran.stderr);
        assert_eq!(test(std, &["--fail-on", "actual,inversion"]).code, 0, "{std}");
        // A test that fails counts more.
        let failed = test(std, &["--fail-on", "predicted", "--", "--include-ignored"]);
        assert_eq!(failed.code, 101, "{std}: {}", failed.stderr);
    }
    let kept = run(threadlink()
        .arg("analyze")
        .arg(traces_of(&project.join("traces"), "opposite_orders")));
    assert_eq!(kept.code, 0, "{}", kept.stderr);
    assert!(kept.stdout.contains("predicted deadlock"), "{}", kept.stdout);
}

/// The trace of this test that stands in a folder of a module's in this one.
fn traces_of(folder: &Path, test: &str) -> PathBuf {
    let modules = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut traces = modules.map(|module| module.join(test).with_extension("tltrace"));
    traces.find(|trace| trace.exists()).unwrap()
}

#[test]
fn a_new_project_builds_runs_and_is_traced_and_tested_at_once() {
    let _turn = turn();
    let project = folder("fresh");
    let command = |words: &[&str]| {
        let mut command = threadlink();
        command.args(words).env("CARGO_TARGET_DIR", root().join("target"));
        command
    };
    let made = run(command(&["new"]).arg(&project));
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.stdout.contains("threadlink run"), "{}", made.stdout);
    lock_versions(&project);

    let here = |words: &[&str]| run(command(words).current_dir(&project));
    let total = "all accounts together hold 4000\n";
    let ran = here(&["run"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, total), "{}", ran.stderr);
    let ran = here(&["run", "--release", "--trace", "out.trace"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, total), "{}", ran.stderr);
    let report = here(&["analyze", "out.trace"]);
    assert_eq!(report.code, 0, "{}", report.stderr);
    assert!(report.stdout.contains("src/main.rs"), "{}", report.stdout);
    let tested = here(&["test"]);
    assert_result(
        &tested,
        0,
        "ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
    );

    // Plain cargo, with the config that `new` has written.
    let ran = run(cargo(&project).args(["run", "--target", "wasm32-unknown-unknown"]));
    assert_eq!((ran.code, ran.stdout.as_str()), (0, total), "{}", ran.stderr);
    let again = run(command(&["new"]).arg(&project));
    assert_eq!(again.code, 2, "{}", again.stdout);
    assert!(again.stderr.contains("exists already"), "{}", again.stderr);
}
