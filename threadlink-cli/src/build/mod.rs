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
use std::path::PathBuf;
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

    /// What a panic does: end the thread with a trap, or unwind (the host must know exceptions then)
    #[arg(long, value_enum, default_value_t = OnPanic::Abort)]
    panic: OnPanic,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OnPanic {
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
        let machine = Machine::new();
        let toolchain = detect(&machine).map_err(|missing| Failure::usage(missing.to_string()))?;
        let metadata = self.metadata(&toolchain)?;
        let manifest = self.manifest(&toolchain)?;
        let wanted = select::Wanted {
            package: self.package.as_deref(),
            bin: self.bin.as_deref(),
            lib: self.lib,
        };
        let selected = select::select(&metadata, &manifest, &wanted).map_err(Failure::usage)?;
        let features = features::resolve(&self.features, selected.package).map_err(Failure::usage)?;

        let mut cargo = toolchain.command();
        cargo.args([
            "build",
            "--target",
            TARGET,
            "--message-format",
            "json-render-diagnostics",
        ]);
        cargo.arg(format!(
            "-Zbuild-std={}",
            Panic::from(self.panic).build_std().join(",")
        ));
        if let Some(path) = &self.manifest_path {
            cargo.arg("--manifest-path").arg(path);
        }
        cargo.args(["--package", &selected.package.id.repr]);
        cargo.args(selected.cargo_args());
        if self.release {
            cargo.arg("--release");
        }
        if !features.is_empty() {
            cargo.args(["--features", &features.join(",")]);
        }
        let config = rustflags::effective_config(&toolchain);
        rustflags::plan(self.panic.into(), |name| machine.var(name), &config).apply(&mut cargo);
        respect_linker(&mut cargo, &config, &machine);

        let module = artifact::run(&mut cargo, &selected)?;
        output::print(&format!("{}\n", module.display()))?;
        Ok(0)
    }

    /// The workspace and its members, as cargo sees them.
    fn metadata(&self, toolchain: &Toolchain) -> Result<Metadata, Failure> {
        let mut command = MetadataCommand::new();
        command.cargo_path(&toolchain.cargo).no_deps();
        for (name, value) in toolchain.environment() {
            command.env(name, value);
        }
        if let Some(path) = &self.manifest_path {
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
    fn manifest(&self, toolchain: &Toolchain) -> Result<PathBuf, Failure> {
        let mut command = toolchain.command();
        command.args(["locate-project", "--message-format", "plain"]);
        if let Some(path) = &self.manifest_path {
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
