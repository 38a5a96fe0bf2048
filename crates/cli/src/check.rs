//! `threadlink check` and `threadlink clippy`: what cargo's of these names do, for guests.

use std::process::Command;

use clap::Args;
use threadlink_toolchain::flags::TARGET;

use crate::build::{Cargo, OnPanic, Options, Targets, Verbosity};
use crate::failure::{Done, Failure};

/// Check a package for errors as a guest, without building a module.
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    what: What,
}

/// Check a package as a guest with clippy's lints.
#[derive(Debug, Args)]
pub(crate) struct Clippy {
    #[command(flatten)]
    what: What,

    /// Apply suggestions
    #[arg(long)]
    fix: bool,

    /// Options for clippy: `-- --deny warnings`
    #[arg(last = true, value_name = "ARGS", allow_hyphen_values = true)]
    args: Vec<String>,
}

/// What to check, and how.
#[derive(Debug, Args)]
struct What {
    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    verbosity: Verbosity,

    #[command(flatten)]
    targets: Targets,

    /// All packages of the workspace
    #[arg(long, conflicts_with = "package")]
    workspace: bool,

    /// All targets of the packages, tests and examples among them
    #[arg(long)]
    all_targets: bool,

    /// How messages are written: human, short, json, and what else cargo knows
    #[arg(long, value_name = "FMT")]
    message_format: Option<String>,

    /// What a panic does: end the thread with a trap, or unwind [default: what the profile says; cargo's own default is to
    /// unwind]
    #[arg(long, value_enum)]
    panic: Option<OnPanic>,
}

impl Check {
    pub(crate) fn execute(self) -> Done {
        let cargo = Cargo::find(&self.what.options, self.what.verbosity)?;
        finish(
            &mut self
                .what
                .command(&cargo, cargo.command("check", self.what.panic))?,
        )
    }
}

impl Clippy {
    pub(crate) fn execute(self) -> Done {
        let cargo = Cargo::find(&self.what.options, self.what.verbosity)?;
        check_clippy(&cargo)?;
        let mut command = self.what.command(
            &cargo,
            cargo.command_of("cargo-clippy", "clippy", self.what.panic),
        )?;
        if self.fix {
            command.arg("--fix");
        }
        command.arg("--").args(self.args);
        finish(&mut command)
    }
}

impl What {
    /// `command` with what the user has chosen.
    fn command(&self, cargo: &Cargo<'_>, mut command: Command) -> Result<Command, Failure> {
        self.targets.apply(&mut command);
        for (flag, given) in [
            ("--workspace", self.workspace),
            ("--all-targets", self.all_targets),
        ] {
            if given {
                command.arg(flag);
            }
        }
        if let Some(package) = &self.options.package {
            command.args(["--package", package]);
        }
        if let Some(format) = &self.message_format {
            command.args(["--message-format", format]);
        }
        let features = cargo.features()?;
        if !features.is_empty() {
            command.args(["--features", &features.join(",")]);
        }
        Ok(command)
    }
}

/// Whether the compiler that builds guests comes with clippy.
fn check_clippy(cargo: &Cargo<'_>) -> Result<(), Failure> {
    let toolchain = cargo.toolchain();
    let program = toolchain
        .rustc
        .with_file_name(format!("cargo-clippy{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "the compiler for {TARGET} comes without clippy (there is no {}): add it with `rustup component add clippy`, or \
         install your system's package (it is from: {})",
        program.display(),
        toolchain.origin
    )))
}

/// Runs it; cargo says what is wrong.
fn finish(command: &mut Command) -> Done {
    let status = command.status().map_err(|error| {
        let program = command.get_program().to_string_lossy();
        Failure::build(None, format!("cannot run {program}: {error}"))
    })?;
    status
        .code()
        .ok_or_else(|| Failure::build(None, "cargo was killed"))
}
