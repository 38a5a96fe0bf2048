//! `threadlink build`: cargo with the toolchain and the flags that guests need.
//!
//! - `select`: which package and which of its targets is meant;
//! - `features`: what `--features tracing` means for that package;
//! - `rustflags`: ours beside the user's own;
//! - `artifact`: runs cargo and learns where the module is.

mod artifact;
mod features;
mod rustflags;
mod select;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand};
use clap::{Args, ValueEnum};
use threadlink_toolchain::flags::TARGET;
use threadlink_toolchain::{Machine, Panic, System, Toolchain, detect};

use crate::failure::{Done, Failure};
use crate::output;

/// Build a program, or a library of kind cdylib, as a threaded wasm module. The last line of standard output is
/// the path of the .wasm file.
#[derive(Debug, Args)]
pub(crate) struct Build {
    #[command(flatten)]
    wanted: Wanted,
}

/// What to build, and how.
#[derive(Debug, Default, PartialEq, Eq, Args)]
pub(crate) struct Wanted {
    /// Path of the Cargo.toml
    #[arg(long, value_name = "P")]
    manifest_path: Option<PathBuf>,

    /// The package to build, in a workspace that has several
    #[arg(short, long, value_name = "PKG")]
    package: Option<String>,

    /// The binary to build, in a package that has several
    #[arg(long, value_name = "NAME", conflicts_with = "lib")]
    bin: Option<String>,

    /// Build the package's library, which must be of kind cdylib
    #[arg(long)]
    lib: bool,

    /// Build with optimisations
    #[arg(short, long)]
    release: bool,

    /// Features to activate, separated by commas; `tracing` on a package without such a feature means
    /// `threadlink/tracing`
    #[arg(short = 'F', long, value_name = "F", value_delimiter = ',')]
    features: Vec<String>,

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
        let module = module(&self.wanted)?;
        output::print(&format!("{}\n", module.display()))?;
        Ok(0)
    }
}

impl Wanted {
    /// With lock events, if `yes`.
    pub(crate) fn traced(mut self, yes: bool) -> Wanted {
        if yes && !self.features.iter().any(|feature| feature == features::TRACING) {
            self.features.push(features::TRACING.to_owned());
        }
        self
    }
}

/// Builds a module and says where it is.
pub(crate) fn module(wanted: &Wanted) -> Result<PathBuf, Failure> {
    let cargo = Cargo::find(wanted.manifest_path.as_deref())?;
    let (metadata, manifest) = (cargo.metadata()?, cargo.manifest()?);
    let selection = select::Wanted {
        package: wanted.package.as_deref(),
        bin: wanted.bin.as_deref(),
        lib: wanted.lib,
    };
    let selected = select::select(&metadata, &manifest, &selection).map_err(Failure::usage)?;
    let features = features::resolve(&wanted.features, selected.package).map_err(Failure::usage)?;

    let mut command = cargo.command("build", wanted.panic.unwrap_or(OnPanic::Abort));
    command.args(["--message-format", "json-render-diagnostics"]);
    command.args(["--package", &selected.package.id.repr]);
    command.args(selected.cargo_args());
    if wanted.release {
        command.arg("--release");
    }
    if !features.is_empty() {
        command.args(["--features", &features.join(",")]);
    }
    artifact::run(&mut command, &selected)
}

/// The cargo that builds guests, and the project it starts from.
pub(crate) struct Cargo<'a> {
    machine: Machine,
    toolchain: Toolchain,
    manifest_path: Option<&'a Path>,
}

impl<'a> Cargo<'a> {
    /// The toolchain of this machine, for the project of the given Cargo.toml or the one here.
    pub(crate) fn find(manifest_path: Option<&'a Path>) -> Result<Self, Failure> {
        let machine = Machine::new();
        let toolchain = detect(&machine).map_err(|missing| Failure::usage(missing.to_string()))?;
        Ok(Cargo {
            machine,
            toolchain,
            manifest_path,
        })
    }

    /// `cargo VERB` with target, standard library and flags of guests.
    pub(crate) fn command(&self, verb: &str, panic: OnPanic) -> Command {
        let mut cargo = self.toolchain.command();
        cargo.args([verb, "--target", TARGET]);
        cargo.arg(format!(
            "-Zbuild-std={}",
            Panic::from(panic).build_std().join(",")
        ));
        if let Some(path) = self.manifest_path {
            cargo.arg("--manifest-path").arg(path);
        }
        let config = rustflags::effective_config(&self.toolchain);
        rustflags::plan(panic.into(), |name| self.machine.var(name), &config).apply(&mut cargo);
        respect_linker(&mut cargo, &config, &self.machine);
        cargo
    }

    /// What `requested` means to cargo, for the package of this name or the one that cargo starts from.
    pub(crate) fn features(
        &self,
        requested: &[String],
        package: Option<&str>,
    ) -> Result<Vec<String>, Failure> {
        if requested.is_empty() {
            return Ok(Vec::new());
        }
        let (metadata, manifest) = (self.metadata()?, self.manifest()?);
        let package = select::package(&metadata, &manifest, package).map_err(Failure::usage)?;
        features::resolve(requested, package).map_err(Failure::usage)
    }

    /// The workspace and its members, as cargo sees them.
    fn metadata(&self) -> Result<Metadata, Failure> {
        let toolchain = &self.toolchain;
        let mut command = MetadataCommand::new();
        command.cargo_path(&toolchain.cargo).no_deps();
        for (name, value) in toolchain.environment() {
            command.env(name, value);
        }
        if let Some(path) = self.manifest_path {
            command.manifest_path(path);
        }
        command.exec().map_err(|error| match error {
            cargo_metadata::Error::CargoMetadata { stderr } => {
                Failure::usage(stderr.trim().trim_start_matches("error: ").to_owned())
            }
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
        if let Some(path) = self.manifest_path {
            command.arg("--manifest-path").arg(path);
        }
        let text = stdout_of(&mut command)?;
        Ok(PathBuf::from(text.trim_end()))
    }
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
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::usage(
            complaint.trim().trim_start_matches("error: ").to_owned(),
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
