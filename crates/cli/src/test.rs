//! `threadlink test`: `cargo test` for guests, with the toolchain and flags of `threadlink build` and this program as
//! the runner. What the runner does with a module is in `harness`.

use std::collections::BTreeSet;
use std::num::NonZeroU64;
use std::process::Command;

use clap::Args;

use crate::build::{self, Cargo, OnPanic, Options, Targets, Verbosity};
use crate::explore::{Choices, Order};
use crate::failure::{Done, Failure};
use crate::harness::EXPLORE_VAR;
use crate::linked::JavaScript;
use crate::output::tell;
use crate::test_traces::TestTraces;

/// Cargo's variable for the program that runs modules.
const RUNNER_VAR: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER";

/// Build tests as threaded wasm modules and run them: unit tests of libraries and binaries, and integration tests.
///
/// Tests are the functions with `#[threadlink::test]`. Documentation tests are not among them: `cargo test --doc`
/// runs those natively.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Run the tests whose names contain this
    #[arg(value_name = "FILTER")]
    filter: Option<String>,

    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    verbosity: Verbosity,

    #[command(flatten)]
    targets: Targets,

    /// What a panic does: end the thread with a trap, or unwind [default: what the profile says; cargo's own default is to
    /// unwind]
    #[arg(long, value_enum)]
    panic: Option<OnPanic>,

    #[command(flatten)]
    traces: TestTraces,

    /// Run each test under N schedules, one of its threads at a time, and tell the first under which it fails with a token:
    /// `threadlink explore` says more
    #[arg(long, value_name = "N", conflicts_with_all = ["trace", "fail_on"])]
    explore: Option<NonZeroU64>,

    #[command(flatten, next_help_heading = "Options for --explore")]
    choices: Choices,

    /// Build, but run nothing
    #[arg(long)]
    no_run: bool,

    /// Go on with the next target after one in which tests have failed
    #[arg(long)]
    no_fail_fast: bool,

    /// Options for the tests, as libtest has them: `-- --help` lists them
    #[arg(last = true, value_name = "ARGS", allow_hyphen_values = true)]
    args: Vec<String>,
}

impl Test {
    pub(crate) fn execute(mut self) -> Done {
        if self.explore.is_none() && self.choices != Choices::default() {
            return Err(Failure::usage("options for schedules go with `--explore N`"));
        }
        self.options = self.options.traced(self.traces.is_on());
        let cargo = Cargo::find(&self.options, self.verbosity)?;
        let features = cargo.features()?;
        let mut command = self.command(&cargo, &features);
        run_with_this_program(&mut command)?;
        let recorded = self.traces.begin()?;
        if let Some(recorded) = &recorded {
            let (name, folder) = recorded.variable();
            command.env(name, folder);
        }
        if let Some(schedules) = self.explore {
            let choices = self.choices.clone();
            command.env(EXPLORE_VAR, Order { schedules, choices }.to_string());
        }
        if self.no_run {
            command.arg("--no-run");
        }
        command.args(&self.filter).arg("--").args(&self.args);
        let status = command.status().map_err(|error| {
            let program = command.get_program().to_string_lossy().into_owned();
            Failure::build(None, format!("cannot run {program}: {error}"))
        })?;
        if !self.verbosity.quiet {
            self.warn(&cargo, &features);
        }
        let found = match &recorded {
            Some(recorded) if !self.no_run => recorded.report(self.verbosity.quiet)?,
            _ => 0,
        };
        // Cargo, or the tests themselves, have said what is wrong. That counts more than what could have been.
        match status.code() {
            Some(0) => Ok(found),
            Some(code) => Ok(code),
            None => Err(Failure::build(None, "cargo was killed")),
        }
    }

    /// `cargo test` with what the user has chosen, but what concerns the run.
    fn command(&self, cargo: &Cargo<'_>, features: &[String]) -> Command {
        let mut command = cargo.command("test", self.panic);
        if let Some(package) = &self.options.package {
            command.args(["--package", package]);
        }
        self.targets.apply(&mut command);
        for (flag, given) in [
            // Without a choice cargo would want to run documentation tests, too, which rustdoc cannot build for guests.
            ("--tests", !self.targets.are_chosen()),
            ("--no-fail-fast", self.no_fail_fast),
        ] {
            if given {
                command.arg(flag);
            }
        }
        if !features.is_empty() {
            command.args(["--features", &features.join(",")]);
        }
        command
    }

    /// Says what in the modules cannot work, each thing once. Cargo is asked again for their names, now that all is built: it
    /// would not have shown the compiler's messages and run the tests and named them at once.
    fn warn(&self, cargo: &Cargo<'_>, features: &[String]) {
        let mut command = self.command(cargo, features);
        command.args(["--no-run", "--message-format", "json"]);
        let modules = build::modules(&mut command);
        let problems: BTreeSet<String> = modules
            .iter()
            .flat_map(|module| cargo.problems(module, JavaScript::Absent))
            .collect();
        for problem in problems {
            tell(format_args!("warning: {problem}"));
        }
    }
}

/// Makes cargo run modules with this very program, whatever its config files say.
///
/// By the environment: a list given with `--config` is added to the one in a file. Cargo splits the variable at blanks,
/// which a path may have, so it gets the program's name only, and `PATH` its folder.
fn run_with_this_program(cargo: &mut Command) -> Result<(), Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::usage(format!("the path of this program cannot be found: {error}")))?;
    let unusable = |why: &str| Failure::usage(format!("cargo cannot run {}: {why}", program.display()));
    let (Some(folder), Some(name)) = (program.parent(), program.file_name()) else {
        return Err(unusable("it stands in no folder"));
    };
    let name = name
        .to_str()
        .filter(|name| !name.contains(char::is_whitespace))
        .ok_or_else(|| unusable("its name must be UTF-8 without blanks: give it another"))?;
    let old = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&old));
    let path = std::env::join_paths(dirs)
        .map_err(|error| unusable(&format!("its folder cannot be in PATH: {error}")))?;
    cargo.env(RUNNER_VAR, format!("{name} runner")).env("PATH", path);
    Ok(())
}
