//! std's own tests of threads, locks, channels and time: run against std itself, which shows that the rewriting leaves
//! them what they are, then against threadlink natively, on wasm with unwinding and on wasm with abort.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use harness::{root, threadlink};
use parity::source::StdSource;
use parity::suite::{self, Against, LEFT_OUT, PANIC, Package, Report, Verdict, WORDS};

/// One build at a time: two of them write the same files.
static BUILDING: Mutex<()> = Mutex::new(());

/// What std's `#[cfg]` leaves out on the computer that runs this.
const WINDOWS_ONLY: &[&str] = if cfg!(windows) {
    &[]
} else {
    &["thread_unit::test_minimal_thread_stack"]
};

/// Builds for this computer, with the compiler whose std is tested.
fn native(against: Against) -> (Package, PathBuf) {
    let _alone = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let (source, toolchain) = StdSource::find().expect("a toolchain with std's source");
    let package = suite::write(&source, against).expect("the tests can be rewritten");
    let target = root().join("target/std-tests/native");
    let mut build = toolchain.command();
    build
        .args(["build", "--quiet", "--manifest-path"])
        .arg(&package.manifest);
    built(build.arg("--target-dir").arg(&target));
    let name = package
        .manifest
        .parent()
        .and_then(Path::file_name)
        .expect("a package stands in a directory");
    let binary = target
        .join("debug")
        .join(name)
        .with_extension(std::env::consts::EXE_EXTENSION);
    (package, binary)
}

/// Builds for wasm, with a copy of the module that the next build leaves alone.
fn module(panic: &str, traced: bool) -> (Package, PathBuf) {
    let _alone = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let (source, _) = StdSource::find().expect("a toolchain with std's source");
    let package = suite::write(&source, Against::Threadlink).expect("the tests can be rewritten");
    let mut build = threadlink();
    build
        .args(["build", "--std", "plain", "--panic", panic, "--manifest-path"])
        .arg(&package.manifest);
    if traced {
        build.args(["--features", "threadlink/tracing"]);
    }
    // std's tests use what is not stable. Build scripts look at that variable: in the workspace's own folder, all that stands on them,
    // and so the engine, would be compiled again for the next test.
    build.env("RUSTC_BOOTSTRAP", "1");
    let printed = built(build.env("CARGO_TARGET_DIR", root().join("target/std-tests/guests")));
    let path = printed.lines().last().expect("build prints a path");
    let suffix = if traced { "-traced" } else { "" };
    let copy = root()
        .join("target/std-tests")
        .join(format!("{panic}{suffix}.wasm"));
    std::fs::copy(path, &copy).expect("the path that build prints is a file");
    (package, copy)
}

#[track_caller]
fn built(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn run_native(binary: &Path) -> Report {
    suite::run(|start| {
        let mut command = Command::new(binary);
        command.arg(start.to_string());
        command
    })
}

fn run_module(module: &Path) -> Report {
    suite::run(|start| {
        let mut command = threadlink();
        command
            .args(["run", "--timeout", "400"])
            .arg(module)
            .arg("--")
            .arg(start.to_string());
        command
    })
}

/// All cases were run or left out for a reason that was written down, and those that were run passed.
#[track_caller]
fn judge(package: &Package, report: &Report) {
    println!("{} cases passed", report.with(&Verdict::Passed).len());
    for (case, word) in &package.left_out {
        let reason = WORDS
            .iter()
            .find(|(known, _)| known == word)
            .map(|(_, reason)| *reason);
        println!("left out: {case}: {}", reason.unwrap_or_default());
    }
    for case in report.with(&Verdict::Ignored) {
        println!("left out: {case}: std's own attributes say so");
    }
    for case in report.with(&Verdict::Unwinds) {
        println!("left out: {case}: it has to panic, and nothing catches that here");
    }
    for case in package
        .cases
        .iter()
        .filter(|case| !report.cases.contains_key(*case))
    {
        println!("left out: {case}: std's own `#[cfg]` says so");
    }
    let failed = report.failed();
    assert!(
        failed.is_empty(),
        "{} cases failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
    assert!(
        report.with(&Verdict::Passed).len() > 200,
        "too few cases: {report:?}"
    );
}

/// With unwinding, nothing is left out but what does not exist for the target.
#[track_caller]
fn judge_unwinding(package: &Package, report: &Report, elsewhere: &[&str]) {
    judge(package, report);
    assert_eq!(report.with(&Verdict::Ignored), [""; 0]);
    assert_eq!(report.with(&Verdict::Unwinds), [""; 0]);
    let unseen: Vec<&String> = package
        .cases
        .iter()
        .filter(|case| !report.cases.contains_key(*case))
        .collect();
    assert_eq!(unseen, elsewhere);
}

#[test]
fn what_is_left_out_is_what_the_list_says() {
    let _alone = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let (source, _) = StdSource::find().expect("a toolchain with std's source");
    let package = suite::write(&source, Against::Threadlink).expect("the tests can be rewritten");
    let unlisted: Vec<_> = package
        .left_out
        .iter()
        .filter(|(case, word)| !LEFT_OUT.contains(&(case.as_str(), *word)))
        .collect();
    assert!(unlisted.is_empty(), "left out, but not on the list: {unlisted:?}");
    // An entry may be of a case that this release of std does not have, but not of one that is run.
    let wrong: Vec<_> = LEFT_OUT
        .iter()
        .filter(|(case, _)| package.cases.iter().any(|known| known == case))
        .collect();
    assert!(wrong.is_empty(), "on the list, but not left out: {wrong:?}");
    for (case, word) in LEFT_OUT {
        assert!(
            WORDS.iter().any(|(known, _)| known == word),
            "{case}: no reason is known for {word}"
        );
    }
}

#[test]
fn against_std() {
    let (package, binary) = native(Against::Std);
    judge_unwinding(&package, &run_native(&binary), WINDOWS_ONLY);
}

#[test]
fn against_threadlink_natively() {
    let (package, binary) = native(Against::Threadlink);
    judge_unwinding(&package, &run_native(&binary), WINDOWS_ONLY);
}

/// What std's `#[cfg]` leaves out on wasm: one is for Windows, one counts to 40,000,000, for a slow clock.
const NOT_ON_WASM: &[&str] = &[
    "thread_unit::test_minimal_thread_stack",
    "time::instant_monotonic_concurrent",
];

#[test]
fn against_threadlink_on_wasm_with_unwinding() {
    let (package, module) = module("unwind", false);
    judge_unwinding(&package, &run_module(&module), NOT_ON_WASM);
}

/// With every lock calling the host, which follows who waits for whom.
#[test]
fn against_threadlink_on_wasm_traced() {
    let (package, module) = module("unwind", true);
    judge_unwinding(&package, &run_module(&module), NOT_ON_WASM);
}

#[test]
fn against_threadlink_on_wasm_with_abort() {
    let (package, module) = module("abort", false);
    let report = run_module(&module);
    judge(&package, &report);
    assert_eq!(report.with(&Verdict::Unwinds), PANIC);
    // What std itself leaves out needs to unwind: nothing else is ignored on this target.
    for case in report.with(&Verdict::Ignored) {
        let (module, name) = case.split_once("::").expect("a module and a name");
        let text = source_of(module);
        let at = text
            .find(&format!("fn {name}("))
            .unwrap_or_else(|| panic!("{case} is not in std's file"));
        let before: String = text[..at].lines().rev().take(4).collect();
        assert!(
            before.contains("not(panic = \"unwind\")"),
            "{case} is ignored for another reason: {before}"
        );
    }
}

fn source_of(module: &str) -> String {
    let (source, _) = StdSource::find().expect("a toolchain with std's source");
    let file = suite::SOURCES
        .iter()
        .find(|file| file.module == module)
        .expect("a module of the list");
    std::fs::read_to_string(source.library.join("std").join(file.path)).expect("read before")
}
