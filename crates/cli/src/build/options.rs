//! What every verb that builds takes as cargo takes it, and hands on.

use std::path::PathBuf;
use std::process::Command;

use cargo_metadata::MetadataCommand;
use clap::Args;

use crate::which_std::WhichStd;

/// Options of cargo's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct Options {
    /// Which std: with threads of its own, or plain, where threads come from the crate `threadlink`
    #[arg(long = "std", value_enum, value_name = "KIND")]
    pub(crate) which_std: Option<WhichStd>,

    /// Path of the Cargo.toml
    #[arg(long, value_name = "P")]
    pub(crate) manifest_path: Option<PathBuf>,

    /// The package, in a workspace that has several
    #[arg(short, long, value_name = "PKG")]
    pub(crate) package: Option<String>,

    /// Build with optimisations
    #[arg(short, long, conflicts_with = "profile")]
    pub(crate) release: bool,

    /// Build with this profile
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// Features to activate, separated by commas; `tracing` on a package without such a feature means
    /// `threadlink/tracing`
    #[arg(short = 'F', long, value_name = "F", value_delimiter = ',')]
    pub(crate) features: Vec<String>,

    /// Activate all features of the package
    #[arg(long)]
    pub(crate) all_features: bool,

    /// Leave the feature `default` out
    #[arg(long)]
    pub(crate) no_default_features: bool,

    /// The directory for everything that is built
    #[arg(long, value_name = "DIR")]
    pub(crate) target_dir: Option<PathBuf>,

    /// How many jobs run at once
    #[arg(short, long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) jobs: Option<String>,

    /// Fail if Cargo.lock would have to change
    #[arg(long)]
    pub(crate) locked: bool,

    /// Use no network
    #[arg(long)]
    pub(crate) offline: bool,

    /// Both `--locked` and `--offline`
    #[arg(long)]
    pub(crate) frozen: bool,
}

/// How much is said.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct Verbosity {
    /// Show the commands that cargo runs; twice for all that it says
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Show errors and results only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

impl Options {
    /// Whether the network and the lock file are left alone: what `cargo metadata` takes as well.
    fn restrictions(&self) -> Vec<String> {
        let flags = [
            ("--locked", self.locked),
            ("--offline", self.offline),
            ("--frozen", self.frozen),
        ];
        flags
            .into_iter()
            .filter(|(_, given)| *given)
            .map(|(flag, _)| flag.to_owned())
            .collect()
    }

    /// Hands on all that does not depend on the package: not the package itself, nor its features by name.
    pub(super) fn apply(&self, cargo: &mut Command) {
        cargo.args(self.restrictions());
        for (flag, given) in [
            ("--release", self.release),
            ("--all-features", self.all_features),
            ("--no-default-features", self.no_default_features),
        ] {
            if given {
                cargo.arg(flag);
            }
        }
        if let Some(path) = &self.manifest_path {
            cargo.arg("--manifest-path").arg(path);
        }
        if let Some(profile) = &self.profile {
            cargo.args(["--profile", profile]);
        }
        if let Some(folder) = &self.target_dir {
            cargo.arg("--target-dir").arg(folder);
        }
        if let Some(jobs) = &self.jobs {
            cargo.arg(format!("--jobs={jobs}"));
        }
    }

    /// The same for `cargo metadata`.
    pub(super) fn apply_to_metadata(&self, command: &mut MetadataCommand) {
        command.other_options(self.restrictions());
        if let Some(path) = &self.manifest_path {
            command.manifest_path(path);
        }
    }
}

impl Verbosity {
    /// Hands it on.
    pub(super) fn apply(self, cargo: &mut Command) {
        if self.quiet {
            cargo.arg("--quiet");
        }
        cargo.args(std::iter::repeat_n("--verbose", usize::from(self.verbose)));
    }
}
