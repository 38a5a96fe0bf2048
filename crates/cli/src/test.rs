//! `threadlink test`: `cargo test` for guests, with the toolchain and flags of `threadlink build` and this program as
//! the runner. What the runner does with a module is in `harness`.

use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use crate::build::{Cargo, OnPanic};
use crate::failure::{Done, Failure};

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

    /// Path of the Cargo.toml
    #[arg(long, value_name = "P")]
    manifest_path: Option<PathBuf>,

    /// The package to test, in a workspace that has several
    #[arg(short, long, value_name = "PKG")]
    package: Option<String>,

    /// Test the package's library
    #[arg(long)]
    lib: bool,

    /// Test this binary; can be given several times
    #[arg(long, value_name = "NAME")]
    bin: Vec<String>,

    /// Test all binaries
    #[arg(long)]
    bins: bool,

    /// Run this integration test; can be given several times
    #[arg(long, value_name = "NAME")]
    test: Vec<String>,

    /// Test library, binaries and integration tests: what happens if no target is named
    #[arg(long)]
    tests: bool,

    /// Build with optimisations
    #[arg(short, long)]
    release: bool,

    /// Features to activate, separated by commas; `tracing` on a package without such a feature means
    /// `threadlink/tracing`
    #[arg(short = 'F', long, value_name = "F", value_delimiter = ',')]
    features: Vec<String>,

    /// What a panic does: end the thread with a trap, or unwind
    #[arg(long, value_enum, default_value_t = OnPanic::Abort)]
    panic: OnPanic,

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
    pub(crate) fn execute(self) -> Done {
        let cargo = Cargo::find(self.manifest_path.as_deref())?;
        let features = cargo.features(&self.features, self.package.as_deref())?;
        let mut command = cargo.command("test", self.panic);
        run_with_this_program(&mut command)?;
        if let Some(package) = &self.package {
            command.args(["--package", package]);
        }
        // Without a choice cargo would want to run documentation tests, too, which rustdoc cannot build for guests.
        let chosen = self.lib || self.bins || !self.bin.is_empty() || !self.test.is_empty();
        for (flag, given) in [
            ("--lib", self.lib),
            ("--bins", self.bins),
            ("--tests", self.tests || !chosen),
            ("--release", self.release),
            ("--no-run", self.no_run),
            ("--no-fail-fast", self.no_fail_fast),
        ] {
            if given {
                command.arg(flag);
            }
        }
        for (flag, names) in [("--bin", &self.bin), ("--test", &self.test)] {
            for name in names {
                command.args([flag, name]);
            }
        }
        if !features.is_empty() {
            command.args(["--features", &features.join(",")]);
        }
        command.args(self.filter).arg("--").args(self.args);
        let status = command.status().map_err(|error| {
            let program = command.get_program().to_string_lossy().into_owned();
            Failure::build(None, format!("cannot run {program}: {error}"))
        })?;
        // Cargo, or the tests themselves, have said what is wrong.
        status
            .code()
            .ok_or_else(|| Failure::build(None, "cargo was killed"))
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
