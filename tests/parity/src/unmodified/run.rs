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
        let mut command = threadlink();
        command
            .args(["run", "--timeout", LIMIT])
            .arg(module)
            .arg("--")
            .args(&wanted.filter);
        let ran = output(&mut command)?;
        done(judge(*suite, wanted, &ran, &exceptions));
    }
    Ok(())
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

fn judge(suite: Suite, wanted: &Wanted, ran: &Output, exceptions: &[Exception]) -> Report {
    let said = String::from_utf8_lossy(&ran.stdout);
    let outcomes = outcomes(&said);
    let mut problems = expected::problems(suite.name, &outcomes, wanted.panic, exceptions);
    let report = |problems| Report {
        suite,
        outcomes,
        problems,
    };
    if !said.contains("test result: ") {
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
fn outcomes(said: &str) -> BTreeMap<String, (Outcome, String)> {
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
        let found: Vec<_> = outcomes(said).into_iter().collect();
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

    #[test]
    fn a_module_is_known_by_its_crate() {
        let module = Path::new("target/deps/thread_local-0123456789abcdef.wasm");
        assert!(is_of(module, "thread_local"));
        assert!(!is_of(module, "thread"));
    }
}
