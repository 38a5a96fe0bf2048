//! `threadlink build`: cargo with the toolchain and the flags that guests need.
//!
//! - `options` and `targets`: what the user can choose, as with cargo;
//! - `select`: which package and which of its targets is meant;
//! - `features`: what `--features tracing` means for that package;
//! - `rustflags`: ours beside the user's own;
//! - `follower`: what follows a program in a page;
//! - `artifact`: runs cargo and learns where the module is.

mod artifact;
mod dependencies;
mod features;
mod follower;
mod options;
mod rustflags;
mod select;
mod targets;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand, Target};
use clap::{Args, ValueEnum};
use threadlink_shim::{STD_VAR, StandIn};
use threadlink_sysroot::{Cache, Compiler, Std, Variant};
use threadlink_toolchain::detect::{CARGO_VAR, RUSTC_VAR};
use threadlink_toolchain::flags::TARGET;
use threadlink_toolchain::{Linker, Machine, Panic, System, Toolchain, detect};

pub(crate) use self::artifact::modules;
pub(crate) use self::options::{Options, Verbosity};
pub(crate) use self::targets::Targets;
use crate::failure::{Done, Failure};
use crate::linked::JavaScript;
use crate::output::tell;
use crate::web::{Glue, package};
use crate::{linked, output, stand_in};

/// Build a program, or a library of kind cdylib, as a threaded wasm module. The last line of standard output is
/// the path of the .wasm file, which `--web` copies into a package for pages.
#[derive(Debug, Args)]
pub(crate) struct Build {
    #[command(flatten)]
    wanted: Wanted,

    /// With lock events: those of std's own locks, and of threadlink's (the feature `tracing`)
    #[arg(long)]
    trace: bool,

    /// Make a package for pages: a folder with the module, NAME.js to import, its types, and the host that runs it
    #[arg(long)]
    web: bool,

    /// The folder of that package; what is there of an older one is replaced
    #[arg(short, long, value_name = "DIR", default_value = "pkg", requires = "web")]
    out: PathBuf,

    /// Put the package together with wasm-bindgen, through which the module talks with JavaScript
    #[arg(long, requires = "web")]
    bindgen: bool,

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

    /// What a panic does: end the thread with a trap, or unwind (the host must know exceptions then) [default: what the profile says; cargo's own default is to unwind]
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
        let options = self.options.traced(self.trace);
        let javascript = if self.bindgen {
            JavaScript::Bound
        } else {
            JavaScript::Absent
        };
        let mut module = built(&self.wanted, &options, self.verbosity, javascript)?;
        if self.web {
            let follower = follower::follower(&options, self.verbosity).inspect_err(|failure| {
                tell(format_args!(
                    "warning: pages will not report deadlocks, nor write traces, as what follows a program cannot be built: {}",
                    failure.message
                ));
            });
            let lock_file;
            let glue = if self.bindgen {
                lock_file = Cargo::find(&options, self.verbosity)?.lock_file()?;
                Glue::Bindgen(&lock_file)
            } else {
                Glue::None
            };
            module = package(&module, follower.ok().as_deref(), &self.out, glue)?;
        }
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
    built(wanted, options, verbosity, JavaScript::Absent)
}

/// The same for a module to which JavaScript may be bound.
fn built(
    wanted: &Wanted,
    options: &Options,
    verbosity: Verbosity,
    javascript: JavaScript,
) -> Result<PathBuf, Failure> {
    let cargo = Cargo::find(options, verbosity)?;
    let (metadata, manifest) = (cargo.metadata()?, cargo.manifest()?);
    let selection = select::Wanted {
        package: options.package.as_deref(),
        bin: wanted.bin.as_deref(),
        example: wanted.example.as_deref(),
        lib: wanted.lib,
    };
    let selected = select::select(&metadata, &manifest, &selection).map_err(Failure::usage)?;
    let features =
        features::resolve(&options.features, selected.package, cargo.std).map_err(Failure::usage)?;

    let mut command = cargo.command("build", wanted.panic);
    command.args(["--message-format", "json-render-diagnostics"]);
    command.args(["--package", &selected.package.id.repr]);
    command.args(selected.cargo_args());
    if !features.is_empty() {
        command.args(["--features", &features.join(",")]);
    }
    let module = artifact::run(&mut command, &selected)?;
    if !verbosity.quiet {
        for problem in cargo.problems(&module, javascript) {
            output::tell(format_args!("warning: {problem}"));
        }
    }
    Ok(module)
}

/// The cargo that builds guests, and what the user wants of it.
pub(crate) struct Cargo<'a> {
    machine: Machine,
    toolchain: Toolchain,
    stand_in: StandIn,
    std: Std,
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
        let std = options.which_std.map_or(Std::DEFAULT, Std::from);
        let stand_in = stand_in::ready(std)?;
        Ok(Cargo {
            machine,
            toolchain,
            stand_in,
            std,
            options,
            verbosity,
        })
    }

    /// What guests are built with.
    pub(crate) fn toolchain(&self) -> &Toolchain {
        &self.toolchain
    }

    /// `cargo VERB` with the target and what guests need, and the user's options.
    pub(crate) fn command(&self, verb: &str, panic: Option<OnPanic>) -> Command {
        self.complete(Command::new(self.stand_in.tool("cargo")), verb, panic)
    }

    /// The same for a program that cargo would run for this verb.
    pub(crate) fn command_of(&self, program: &str, verb: &str, panic: Option<OnPanic>) -> Command {
        self.complete(Command::new(self.stand_in.tool(program)), verb, panic)
    }

    fn complete(&self, mut cargo: Command, verb: &str, panic: Option<OnPanic>) -> Command {
        cargo
            .env(CARGO_VAR, &self.toolchain.cargo)
            .env(RUSTC_VAR, &self.toolchain.rustc)
            .env(STD_VAR, self.std.to_string())
            .env("RUSTC", self.stand_in.tool("rustc"))
            .env("RUSTDOC", self.stand_in.tool("rustdoc"));
        cargo.args([verb, "--target", TARGET]);
        self.options.apply(&mut cargo);
        self.verbosity.apply(&mut cargo);
        let config = rustflags::effective_config(&self.toolchain);
        let wanted = rustflags::wanted(panic.map(Panic::from), self.traces_std());
        rustflags::plan(wanted, |name| self.machine.var(name), &config).apply(&mut cargo);
        self.linker(&mut cargo, &config);
        cargo
    }

    /// Whether std's own locks are traced: where it has threads, and lock events are wanted.
    fn traces_std(&self) -> bool {
        self.std == Std::Threaded && features::has_tracing(&self.options.features)
    }

    /// Names the linker to cargo, where the compiler has none. One that the user's cargo config names stands, if it exists.
    fn linker(&self, cargo: &mut Command, config: &serde_json::Value) {
        let Linker::At(path) = &self.toolchain.linker else {
            return;
        };
        let chosen = config["target"][TARGET]["linker"].as_str();
        let exists = |linker: &str| {
            let path = PathBuf::from(linker);
            if path.components().count() > 1 {
                self.machine.is_file(&path)
            } else {
                self.machine.in_path(linker).is_some()
            }
        };
        if !chosen.is_some_and(exists) {
            cargo.env(Toolchain::LINKER_VAR, path);
        }
    }

    /// What the features of the options mean to cargo, for the package that they name or the one that cargo starts from.
    pub(crate) fn features(&self) -> Result<Vec<String>, Failure> {
        if self.options.features.is_empty() {
            return Ok(Vec::new());
        }
        let (metadata, manifest) = (self.metadata()?, self.manifest()?);
        let package = select::package(&metadata, &manifest, self.options.package.as_deref());
        let package = package.map_err(Failure::usage)?;
        features::resolve(&self.options.features, package, self.std).map_err(Failure::usage)
    }

    /// The source of the std that guests are built on, or of the compiler's own; `None` if it is not there.
    fn library(&self) -> Option<PathBuf> {
        let compiler = Compiler::ask(&self.toolchain.rustc, &self.toolchain.cargo).ok()?;
        let cache = Cache::of_user(&self.machine).ok()?;
        let identity = cache.identity(&compiler, self.std);
        let mut kinds = [Panic::Abort, Panic::Unwind].into_iter().flat_map(|panic| {
            [false, true].map(|traced| Variant {
                std: self.std,
                panic,
                traced,
            })
        });
        kinds
            .find_map(|variant| cache.find(&identity, variant))
            .map(|made| made.library())
            .or_else(|| self.toolchain.library())
    }

    /// What in a module cannot work. What cannot be read is told of by whoever needs it.
    pub(crate) fn problems(&self, module: &Path, javascript: JavaScript) -> Vec<String> {
        let (Ok(bytes), Ok(metadata), Some(library)) = (fs::read(module), self.metadata(), self.library())
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
            .chain([this.clone()])
            .collect();
        let of_this = packages.iter().find(|package| {
            let mut names = package.targets.iter().map(|target| target.name.replace('-', "_"));
            names.any(|name| name == this)
        });
        let lock_file = metadata.workspace_root.join("Cargo.lock");
        let of_runtime = of_this
            .zip(fs::read_to_string(lock_file).ok())
            .map(|(package, lock_file)| dependencies::of_runtime_alone(&lock_file, &package.name))
            .unwrap_or_default();
        linked::problems(&bytes, &library, &own, &of_runtime, javascript)
    }

    /// The workspace and its members, as cargo sees them.
    fn metadata(&self) -> Result<Metadata, Failure> {
        let toolchain = &self.toolchain;
        let mut command = MetadataCommand::new();
        command.cargo_path(&toolchain.cargo).no_deps();
        command.env("RUSTC", &toolchain.rustc);
        self.options.apply_to_metadata(&mut command);
        command.exec().map_err(|error| match error {
            cargo_metadata::Error::CargoMetadata { stderr } => Failure::usage(complaint(&stderr)),
            other => Failure::usage(format!(
                "cannot run {} metadata: {other}",
                toolchain.cargo.display()
            )),
        })
    }

    /// The workspace's `Cargo.lock`.
    fn lock_file(&self) -> Result<PathBuf, Failure> {
        Ok(self
            .metadata()?
            .workspace_root
            .join("Cargo.lock")
            .into_std_path_buf())
    }

    /// The Cargo.toml that cargo would start from: the given one, or the nearest above the current directory.
    fn manifest(&self) -> Result<PathBuf, Failure> {
        let mut command = Command::new(&self.toolchain.cargo);
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
