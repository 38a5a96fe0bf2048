//! `threadlink build`: cargo with the toolchain and the flags that guests need.
//!
//! - `options` and `targets`: what the user can choose, as with cargo;
//! - `select`: which package and which of its targets is meant;
//! - `features`: what `--features tracing` means for that package;
//! - `rustflags`: ours beside the user's own;
//! - `artifact`: runs cargo and learns where the module is.

mod artifact;
mod features;
mod options;
mod rustflags;
mod select;
mod targets;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand, Target};
use clap::{Args, ValueEnum};
use threadlink_toolchain::flags::TARGET;
use threadlink_toolchain::{Machine, Panic, System, Toolchain, detect};

pub(crate) use self::artifact::modules;
pub(crate) use self::options::{Options, Verbosity};
pub(crate) use self::targets::Targets;
use crate::failure::{Done, Failure};
use crate::{linked, output};

/// Build a program, or a library of kind cdylib, as a threaded wasm module. The last line of standard output is
/// the path of the .wasm file.
#[derive(Debug, Args)]
pub(crate) struct Build {
    #[command(flatten)]
    wanted: Wanted,

    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    verbosity: Verbosity,
}

/// What to build, and how.
#[derive(Debug, Default, PartialEq, Eq, Args)]
pub(crate) struct Wanted {
    /// The binary to build, in a package that has several
    #[arg(long, value_name = "NAME", conflicts_with_all = ["lib", "example"])]
    bin: Option<String>,

    /// Build the package's library, which must be of kind cdylib
    #[arg(long, conflicts_with = "example")]
    lib: bool,

    /// Build this example
    #[arg(long, value_name = "NAME")]
    example: Option<String>,

    /// What a panic does: end the thread with a trap, or unwind (the host must know exceptions then) [default: abort]
    // No default of clap's: `run FILE` must be able to tell that it was not given.
    #[arg(long, value_enum)]
    panic: Option<OnPanic>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnPanic {
    Abort,
    Unwind,
}

impl From<OnPanic> for Panic {
    fn from(value: OnPanic) -> Panic {
        match value {
            OnPanic::Abort => Panic::Abort,
            OnPanic::Unwind => Panic::Unwind,
        }
    }
}

impl Build {
    pub(crate) fn execute(self) -> Done {
        let module = module(&self.wanted, &self.options, self.verbosity)?;
        output::print(&format!("{}\n", module.display()))?;
        Ok(0)
    }
}

impl Options {
    /// With lock events, if `yes`.
    pub(crate) fn traced(mut self, yes: bool) -> Options {
        if yes && !self.features.iter().any(|feature| feature == features::TRACING) {
            self.features.push(features::TRACING.to_owned());
        }
        self
    }
}

/// Builds a module and says where it is.
pub(crate) fn module(wanted: &Wanted, options: &Options, verbosity: Verbosity) -> Result<PathBuf, Failure> {
    let cargo = Cargo::find(options, verbosity)?;
    let (metadata, manifest) = (cargo.metadata()?, cargo.manifest()?);
    let selection = select::Wanted {
        package: options.package.as_deref(),
        bin: wanted.bin.as_deref(),
        example: wanted.example.as_deref(),
        lib: wanted.lib,
    };
    let selected = select::select(&metadata, &manifest, &selection).map_err(Failure::usage)?;
    let features = features::resolve(&options.features, selected.package).map_err(Failure::usage)?;

    let mut command = cargo.command("build", wanted.panic.unwrap_or(OnPanic::Abort));
    command.args(["--message-format", "json-render-diagnostics"]);
    command.args(["--package", &selected.package.id.repr]);
    command.args(selected.cargo_args());
    if !features.is_empty() {
        command.args(["--features", &features.join(",")]);
    }
    let module = artifact::run(&mut command, &selected)?;
    if !verbosity.quiet {
        for problem in cargo.problems(&module) {
            output::tell(format_args!("warning: {problem}"));
        }
    }
    Ok(module)
}

/// The cargo that builds guests, and what the user wants of it.
pub(crate) struct Cargo<'a> {
    machine: Machine,
    toolchain: Toolchain,
    options: &'a Options,
    verbosity: Verbosity,
}

impl<'a> Cargo<'a> {
    /// The toolchain of this machine, for the project of the given Cargo.toml or the one here.
    pub(crate) fn find(options: &'a Options, verbosity: Verbosity) -> Result<Self, Failure> {
        let machine = Machine::new();
        let toolchain = detect(&machine).map_err(|missing| Failure::usage(missing.to_string()))?;
        if let Some(neglects) = toolchain.neglects.as_ref().filter(|_| !verbosity.quiet) {
            output::tell(format_args!("warning: {neglects}"));
        }
        Ok(Cargo {
            machine,
            toolchain,
            options,
            verbosity,
        })
    }

    /// What guests are built with.
    pub(crate) fn toolchain(&self) -> &Toolchain {
        &self.toolchain
    }

    /// `cargo VERB` with target, standard library and flags of guests, and the user's options.
    pub(crate) fn command(&self, verb: &str, panic: OnPanic) -> Command {
        self.complete(self.toolchain.command(), verb, panic)
    }

    /// The same for a program that cargo would run for this verb.
    pub(crate) fn command_of(&self, program: &Path, verb: &str, panic: OnPanic) -> Command {
        let mut command = Command::new(program);
        command
            .envs(self.toolchain.environment())
            .env("CARGO", &self.toolchain.cargo);
        self.complete(command, verb, panic)
    }

    fn complete(&self, mut cargo: Command, verb: &str, panic: OnPanic) -> Command {
        cargo.args([verb, "--target", TARGET]);
        cargo.arg(format!(
            "-Zbuild-std={}",
            Panic::from(panic).build_std().join(",")
        ));
        self.options.apply(&mut cargo);
        self.verbosity.apply(&mut cargo);
        let config = rustflags::effective_config(&self.toolchain);
        rustflags::plan(panic.into(), |name| self.machine.var(name), &config).apply(&mut cargo);
        respect_linker(&mut cargo, &config, &self.machine);
        cargo
    }

    /// What the features of the options mean to cargo, for the package that they name or the one that cargo starts from.
    pub(crate) fn features(&self) -> Result<Vec<String>, Failure> {
        if self.options.features.is_empty() {
            return Ok(Vec::new());
        }
        let (metadata, manifest) = (self.metadata()?, self.manifest()?);
        let package = select::package(&metadata, &manifest, self.options.package.as_deref());
        features::resolve(&self.options.features, package.map_err(Failure::usage)?).map_err(Failure::usage)
    }

    /// What in a module cannot work. What cannot be read is told of by whoever needs it.
    pub(crate) fn problems(&self, module: &Path) -> Vec<String> {
        let (Ok(bytes), Ok(metadata), Some(library)) =
            (fs::read(module), self.metadata(), self.toolchain.library())
        else {
            return Vec::new();
        };
        let packages = metadata.workspace_packages();
        // Libraries may be linked into it; of all others it is one itself. A test that is named like a dependency is neither.
        let this = targets::crate_in(module);
        let targets = packages.iter().flat_map(|package| &package.targets);
        let alone = |target: &Target| {
            target.is_bin()
                || target.is_test()
                || target.is_bench()
                || target.is_example()
                || target.is_custom_build()
        };
        let own = targets
            .filter(|target| !alone(target))
            .map(|target| target.name.replace('-', "_"))
            .chain([this])
            .collect();
        linked::problems(&bytes, &library, &own)
    }

    /// The workspace and its members, as cargo sees them.
    fn metadata(&self) -> Result<Metadata, Failure> {
        let toolchain = &self.toolchain;
        let mut command = MetadataCommand::new();
        command.cargo_path(&toolchain.cargo).no_deps();
        for (name, value) in toolchain.environment() {
            command.env(name, value);
        }
        self.options.apply_to_metadata(&mut command);
        command.exec().map_err(|error| match error {
            cargo_metadata::Error::CargoMetadata { stderr } => Failure::usage(complaint(&stderr)),
            other => Failure::usage(format!(
                "cannot run {} metadata: {other}",
                toolchain.cargo.display()
            )),
        })
    }

    /// The Cargo.toml that cargo would start from: the given one, or the nearest above the current directory.
    fn manifest(&self) -> Result<PathBuf, Failure> {
        let mut command = self.toolchain.command();
        command.args(["locate-project", "--message-format", "plain"]);
        if let Some(path) = &self.options.manifest_path {
            command.arg("--manifest-path").arg(path);
        }
        let text = stdout_of(&mut command)?;
        Ok(PathBuf::from(text.trim_end()))
    }
}

/// What cargo says, and what there is to do where it finds no project.
fn complaint(stderr: &str) -> String {
    let text = stderr.trim().trim_start_matches("error: ");
    if text.starts_with("could not find `Cargo.toml`") {
        return format!(
            "{text}: change to a project's directory, name its file with --manifest-path, or make one with `threadlink new NAME`"
        );
    }
    text.to_owned()
}

/// A linker that the user's cargo config names stands, if it exists.
fn respect_linker(cargo: &mut Command, config: &serde_json::Value, machine: &Machine) {
    let Some(linker) = config["target"][TARGET]["linker"].as_str() else {
        return;
    };
    let path = PathBuf::from(linker);
    let exists = if path.components().count() > 1 {
        machine.is_file(&path)
    } else {
        machine.in_path(linker).is_some()
    };
    if exists && machine.var(Toolchain::LINKER_VAR).is_none() {
        cargo.env_remove(OsStr::new(Toolchain::LINKER_VAR));
    }
}

/// What a program prints, or a failure with what it complains about.
fn stdout_of(command: &mut Command) -> Result<String, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| Failure::usage(format!("cannot run {program}: {error}")))?;
    if !output.status.success() {
        return Err(Failure::usage(complaint(&String::from_utf8_lossy(
            &output.stderr,
        ))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
