//! Backtraces, as far as `RUST_BACKTRACE` wants them: the program's frames, with those of std and of the runtime folded.

use harness::{Guest, run, threadlink};

/// What goes to standard error when the guest's thread dies in this way, with `RUST_BACKTRACE` set to this.
fn death(how: &str, variable: Option<&str>, options: &[&str]) -> String {
    let mut command = threadlink();
    command
        .arg("run")
        .arg(Guest::bin("deaths").with(options).build())
        .args(["--", how]);
    if let Some(value) = variable {
        command.env("RUST_BACKTRACE", value);
    }
    let ran = run(&mut command);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stderr
}

/// The functions of a backtrace.
fn functions(report: &str) -> Vec<&str> {
    let numbered = |line: &&str| {
        line.split_once(": ")
            .is_some_and(|(number, _)| number.trim().parse::<u32>().is_ok())
    };
    let name = |line: &'_ str| line.find(": ").map(|at| at + 2);
    report
        .lines()
        .filter(numbered)
        .filter_map(|line| Some(&line[name(line)?..]))
        .collect()
}

const SHORT: &str = "note: run with `RUST_BACKTRACE=1`";
const LONG: &str = "note: run with `RUST_BACKTRACE=full`";

#[test]
fn a_panic_has_no_backtrace_unless_somebody_wants_it() {
    for variable in [None, Some("0")] {
        let report = death("panic", variable, &[]);
        assert!(
            report.contains("told to die, 7\n") && report.contains(SHORT),
            "{report}"
        );
        assert!(functions(&report).is_empty(), "{report}");
    }
}

#[test]
fn the_programs_frames_are_shown_and_the_machinerys_counted() {
    let report = death("panic", Some("1"), &[]);
    assert_eq!(
        functions(&report),
        ["deaths::die", "deaths::main::main::{closure#1}"],
        "{report}"
    );
    // How the panic was raised, and how the thread came to run.
    let folded = report
        .lines()
        .filter(|line| line.trim_start().starts_with("... "));
    assert_eq!(folded.count(), 2, "{report}");
    assert!(
        report.contains("the runtime, in core::panicking::panic"),
        "{report}"
    );
    assert!(report.contains(LONG) && !report.contains(SHORT), "{report}");
}

#[test]
fn names_tell_where_there_is_no_debug_information() {
    let report = death("panic", Some("1"), &["--release"]);
    let functions = functions(&report);
    assert!(!functions.is_empty(), "{report}");
    assert!(functions.iter().all(|name| name.contains("deaths::")), "{report}");
    assert!(report.contains(" of std and the runtime"), "{report}");
}

#[test]
fn full_hides_nothing() {
    let report = death("panic", Some("full"), &[]);
    for part in [
        "core::panicking::panic_fmt",
        "deaths::die",
        "threadlink::thread::",
        "threadlink_rt::",
        "/library/",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
    assert!(
        !report.contains("of std and the runtime") && !report.contains("note:"),
        "{report}"
    );
}

#[test]
fn a_trap_has_no_place_but_its_backtrace() {
    let report = death("bounds", None, &[]);
    assert_eq!(
        functions(&report).first(),
        Some(&"deaths::out_of_bounds"),
        "{report}"
    );
    let report = death("bounds", Some("0"), &[]);
    assert!(
        functions(&report).is_empty() && report.contains(SHORT),
        "{report}"
    );
}
