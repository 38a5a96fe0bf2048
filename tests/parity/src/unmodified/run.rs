//! Builds std's tests for the guest and runs them, a suite after the other.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use threadlink_toolchain::Panic;

use super::expected::{self, Exception, SHOULD_PANIC};
use super::outcome::Outcome;
use super::{Suite, project};
use crate::source::{StdSource, workspace};

/// How many seconds a suite may take. A watchdog: the longest takes some.
const LIMIT: &str = "900";

/// Which build of the tests is run, and which of them.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The suites.
    pub suites: Vec<Suite>,
    /// What a panic does.
    pub panic: Panic,
    /// Whether std's locks tell the host what they do.
    pub traced: bool,
    /// Only the tests that have this in their names.
    pub filter: Option<String>,
}

/// What became of a suite.
#[derive(Debug)]
pub struct Report {
    /// The suite.
    pub suite: Suite,
    /// How its tests ended, each with what was said about it.
    pub outcomes: BTreeMap<String, (Outcome, String)>,
    /// What is wrong, a sentence each.
    pub problems: Vec<String>,
}

impl Report {
    /// How many tests ended so.
    #[must_use]
    pub fn count(&self, wanted: Outcome) -> usize {
        let outcomes = self.outcomes.values();
        outcomes.filter(|(outcome, _)| *outcome == wanted).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [passed, failed, ignored] =
            [Outcome::Passed, Outcome::Failed, Outcome::Ignored].map(|outcome| self.count(outcome));
        write!(
            f,
            "{}: {passed} passed, {failed} failed, {ignored} ignored",
            self.suite.name
        )?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

/// Builds and runs what is wanted; `threadlink` gives the command. Each report is handed to `done` as soon as it is there.
///
/// # Errors
/// A sentence for people: the tests cannot be built or run.
pub fn run(
    wanted: &Wanted,
    threadlink: impl Fn() -> Command,
    mut done: impl FnMut(Report),
) -> Result<(), String> {
    let (source, _) = StdSource::find()?;
    let exceptions = expected::exceptions()?;
    let manifest = project::write(&source)?;
    let modules = build(wanted, &manifest, threadlink())?;
    for suite in &wanted.suites {
        let module = modules
            .iter()
            .find(|module| is_of(module, suite.name))
            .ok_or_else(|| format!("cargo names no module of {} in {modules:?}", suite.name))?;
        let ran = run_suite(wanted, &|words| {
            let mut command = threadlink();
            // For the host's own reports: who calls whom, std's functions among them.
            command.env("RUST_BACKTRACE", "full");
            output(
                command
                    .args(["run", "--timeout", LIMIT])
                    .arg(module)
                    .arg("--")
                    .args(words),
            )
        })?;
        done(judge(*suite, wanted, ran, &exceptions));
    }
    Ok(())
}

type Outcomes = BTreeMap<String, (Outcome, String)>;

/// What a suite has said, over all the times that it was run.
struct Ran {
    outcomes: Outcomes,
    /// Whether no test is left.
    complete: bool,
    last: Output,
}

/// Runs a suite. Where nothing unwinds, a panic is the end of the program: it is run again then with the tests that are left.
fn run_suite(wanted: &Wanted, run: &dyn Fn(&[String]) -> Result<Output, String>) -> Result<Ran, String> {
    let chosen: Vec<String> = wanted.filter.iter().cloned().collect();
    let mut all: Option<Vec<String>> = None;
    let mut outcomes = Outcomes::new();
    let mut words = chosen.clone();
    loop {
        let last = run(&words)?;
        let said = String::from_utf8_lossy(&last.stdout);
        outcomes.extend(outcomes_in(&said));
        let complete = said.contains("test result: ");
        if complete || wanted.panic == Panic::Unwind {
            return Ok(Ran {
                outcomes,
                complete,
                last,
            });
        }
        let all = match &all {
            Some(all) => all,
            None => {
                let listing: Vec<String> = chosen.iter().cloned().chain(["--list".to_owned()]).collect();
                let listed = run(&listing)?;
                all.insert(names(&String::from_utf8_lossy(&listed.stdout)))
            }
        };
        // They are run in this order, one after the other: so it was one of the first that are left. What the last that have passed
        // said may be lost with the program.
        for test in all {
            if outcomes.contains_key(test) {
                continue;
            }
            let alone = run(&["--exact", "--nocapture", test].map(str::to_owned))?;
            if let Some(outcome) = ended_by(&String::from_utf8_lossy(&alone.stderr)) {
                outcomes.insert(test.clone(), outcome);
                break;
            }
            outcomes.extend(outcomes_in(&String::from_utf8_lossy(&alone.stdout)));
            if !outcomes.contains_key(test) {
                return Ok(Ran {
                    outcomes,
                    complete,
                    last: alone,
                });
            }
        }
        words = vec!["--exact".to_owned()];
        words.extend(all.iter().filter(|name| !outcomes.contains_key(*name)).cloned());
        if words.len() == 1 {
            return Ok(Ran {
                outcomes,
                complete: true,
                last,
            });
        }
    }
}

/// What is said of a test that ends the program as it catches a panic.
const CATCHES: &str = "catches a panic, for which it has to unwind";

/// The names in what libtest prints of `--list`: `NAME: test`.
fn names(listed: &str) -> Vec<String> {
    let names = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    names.map(str::to_owned).collect()
}

/// What it means that a test has ended the program by this panic: it would have caught it if the report has a function which
/// catches, between the panic and libtest.
fn ended_by(complaints: &str) -> Option<(Outcome, String)> {
    if !complaints.contains("panicked at") {
        return None;
    }
    let frames: Vec<&str> = complaints.lines().collect();
    let libtest = frames.iter().position(|frame| frame.contains(": test::"))?;
    let catches = frames[..libtest]
        .iter()
        .any(|frame| frame.contains("catch_unwind"));
    Some(if catches {
        (Outcome::Ignored, CATCHES.to_owned())
    } else {
        (Outcome::Failed, String::new())
    })
}

/// Builds the suites, and returns what cargo says that the modules are.
fn build(wanted: &Wanted, manifest: &Path, mut command: Command) -> Result<Vec<PathBuf>, String> {
    let target = workspace().join("target/std-tests/target");
    let panic = match wanted.panic {
        Panic::Unwind => "unwind",
        Panic::Abort => "abort",
    };
    command.args(["test", "--no-run", "--std", "threaded", "--panic", panic]);
    command.arg("--manifest-path").arg(manifest);
    for suite in &wanted.suites {
        command.args(["--test", suite.name]);
    }
    if wanted.traced {
        command.args(["--features", "tracing"]);
    }
    // These crates alone use what is not stable.
    let names: Vec<&str> = wanted.suites.iter().map(|suite| suite.name).collect();
    command
        .env("RUSTC_BOOTSTRAP", names.join(","))
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_TERM_COLOR", "never");
    let built = output(&mut command)?;
    let said = String::from_utf8_lossy(&built.stderr);
    if !built.status.success() {
        return Err(format!("{command:?} failed:\n{said}"));
    }
    let named = said.lines().filter_map(|line| {
        let line = line.trim().strip_prefix("Executable ")?;
        let (_, path) = line.strip_suffix(')')?.rsplit_once('(')?;
        // Cargo names it from where it runs, or as it is if it is elsewhere.
        Some(workspace().join(path))
    });
    Ok(named.collect())
}

/// Whether this is the module of a test crate: cargo puts a hash behind its name.
fn is_of(module: &Path, name: &str) -> bool {
    let stem = module.file_stem().and_then(|stem| stem.to_str());
    stem.and_then(|stem| stem.rsplit_once('-'))
        .is_some_and(|(found, _)| found == name)
}

fn output(command: &mut Command) -> Result<Output, String> {
    command
        .current_dir(workspace())
        .output()
        .map_err(|error| format!("cannot run {command:?}: {error}"))
}

fn judge(suite: Suite, wanted: &Wanted, ran: Ran, exceptions: &[Exception]) -> Report {
    let Ran {
        outcomes,
        complete,
        last: ran,
    } = ran;
    let said = String::from_utf8_lossy(&ran.stdout);
    let mut problems = expected::problems(suite.name, &outcomes, wanted.panic, exceptions);
    let report = |problems| Report {
        suite,
        outcomes,
        problems,
    };
    if !complete {
        let complaints = String::from_utf8_lossy(&ran.stderr);
        let tail: Vec<&str> = complaints.lines().rev().take(12).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        problems.push(format!(
            "ended before all tests were run ({}):\n{}",
            ran.status,
            tail.join("\n")
        ));
        return report(problems);
    }
    // What the tests themselves have said.
    if let Some((_, failures)) = said.split_once("\nfailures:\n").filter(|_| !problems.is_empty()) {
        problems.push(failures.trim().to_owned());
    }
    let mut report = report(problems);
    let passed = report.count(Outcome::Passed);
    if wanted.filter.is_none() && wanted.panic == Panic::Unwind && passed < suite.least {
        report.problems.push(format!(
            "only {passed} tests passed, where there were {}",
            suite.least
        ));
    }
    report
}

/// The outcomes in what libtest prints: `test NAME ... ok`.
fn outcomes_in(said: &str) -> Outcomes {
    said.lines()
        .filter_map(|line| {
            let (name, end) = line.strip_prefix("test ")?.split_once(" ... ")?;
            let (name, should_panic) = match name.strip_suffix(" - should panic") {
                Some(name) => (name, true),
                None => (name, false),
            };
            let (word, rest) = end.split_once(", ").unwrap_or((end, ""));
            let outcome = match word {
                "ok" => Outcome::Passed,
                "ignored" => Outcome::Ignored,
                _ => Outcome::Failed,
            };
            let rest = if should_panic && rest.is_empty() {
                SHOULD_PANIC
            } else {
                rest
            };
            Some((name.to_owned(), (outcome, rest.to_owned())))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcomes_are_what_libtest_prints() {
        let said = "\nrunning 5 tests\ntest a::b ... ok\ntest c - should panic ... ignored\n\
                    test d ... ignored, test requires unwinding support\ntest e ... FAILED\n\
                    test f - should panic ... ok\n\ntest result: FAILED. 2 passed; 1 failed\n";
        let found: Vec<_> = outcomes_in(said).into_iter().collect();
        let expected = [
            ("a::b", Outcome::Passed, ""),
            ("c", Outcome::Ignored, SHOULD_PANIC),
            ("d", Outcome::Ignored, "test requires unwinding support"),
            ("e", Outcome::Failed, ""),
            ("f", Outcome::Passed, SHOULD_PANIC),
        ]
        .map(|(name, outcome, said)| (name.to_owned(), (outcome, said.to_owned())));
        assert_eq!(found, expected);
    }

    const ABORTED: &str = "running 3 tests\ntest a ... ok\n";

    /// What the host prints of a panic, innermost first, with these functions among the frames.
    fn report(functions: [&str; 4]) -> String {
        let frames: String = functions.iter().map(|name| format!("   0: {name}\n")).collect();
        format!("thread 'main' panicked at a.rs:1:1:\nstack backtrace:\n{frames}")
    }

    #[test]
    fn who_catches_a_panic_is_told_from_who_fails() {
        let ended = |report: &str| ended_by(report).map(|(outcome, _)| outcome);
        let catches = [
            "core::panicking::panic",
            "std::panic::catch_unwind",
            "suite::c",
            "test::run_test",
        ];
        assert_eq!(ended(&report(catches)), Some(Outcome::Ignored));
        // libtest catches what its tests raise.
        let fails = [
            "core::panicking::panic",
            "suite::c",
            "test::run_test",
            "std::panic::catch_unwind",
        ];
        assert_eq!(ended(&report(fails)), Some(Outcome::Failed));
        assert_eq!(ended(&report(catches).replace("panicked", "trapped")), None);
        assert_eq!(ended("it ended well"), None);
    }

    #[test]
    fn what_is_left_is_run_after_a_test_that_catches() {
        use std::cell::RefCell;
        use std::process::ExitStatus;
        let asked = RefCell::new(Vec::new());
        let run = |words: &[String]| {
            asked.borrow_mut().push(words.join(" "));
            let catches = [
                "core::panicking::panic",
                "std::panic::catch_unwind",
                "suite::c",
                "test::run_test",
            ];
            let (stdout, stderr) = match asked.borrow().len() {
                1 => (ABORTED, String::new()),
                3 => ("running 1 test\n", report(catches)),
                2 => ("a: test\nb::c: test\nd: test\n", String::new()),
                _ => ("test d ... ok\n\ntest result: ok.", String::new()),
            };
            Ok(Output {
                status: ExitStatus::default(),
                stdout: stdout.into(),
                stderr: stderr.into(),
            })
        };
        let suite = Suite {
            name: "suite",
            path: "",
            before: "",
            least: 0,
        };
        let mut wanted = Wanted {
            suites: vec![suite],
            panic: Panic::Abort,
            traced: false,
            filter: None,
        };
        let ran = run_suite(&wanted, &run).expect("it runs");
        assert_eq!(
            *asked.borrow(),
            ["", "--list", "--exact --nocapture b::c", "--exact d"]
        );
        let found: Vec<_> = ran
            .outcomes
            .iter()
            .map(|(name, (outcome, _))| (&**name, *outcome))
            .collect();
        let expected = [
            ("a", Outcome::Passed),
            ("b::c", Outcome::Ignored),
            ("d", Outcome::Passed),
        ];
        assert!(ran.complete);
        assert_eq!(found, expected);
        // Where panics unwind, nobody ends so.
        asked.borrow_mut().clear();
        wanted.panic = Panic::Unwind;
        assert!(!run_suite(&wanted, &run).expect("it runs").complete);
    }

    #[test]
    fn a_module_is_known_by_its_crate() {
        let module = Path::new("target/deps/thread_local-0123456789abcdef.wasm");
        assert!(is_of(module, "thread_local"));
        assert!(!is_of(module, "thread"));
    }
}
