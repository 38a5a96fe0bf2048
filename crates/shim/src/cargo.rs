//! Runs the real cargo, which runs the compilers that stand in for the real ones.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use threadlink_sysroot::{Cache, Compiler};
use threadlink_toolchain::detect::{CARGO_VAR, RUSTC_VAR};
use threadlink_toolchain::flags::TARGET;
use threadlink_toolchain::rustup::is_stand_in;
use threadlink_toolchain::{Machine, Own, System, own};

use crate::choice::{self, Choice, STD_VAR};
use crate::config::Config;
use crate::exec;
use crate::say::CARGO_PID_VAR;
use crate::tool;

/// Cargo's variable for the program that runs modules.
const RUNNER_VAR: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER";
/// Cargo's variable for what compiles the crates of the workspace.
const WRAPPER_VAR: &str = "RUSTC_WORKSPACE_WRAPPER";

/// Becomes the real cargo.
pub(crate) fn run(called: &OsStr, words: &[OsString]) -> Result<i32, String> {
    let machine = Machine::new();
    let own = own(&machine)?;
    let mut cargo = Command::new(&own.cargo);
    cargo
        .args(words)
        .env(CARGO_VAR, &own.cargo)
        .env(RUSTC_VAR, &own.rustc)
        .env(CARGO_PID_VAR, std::process::id().to_string());
    // What it ran before may be another one.
    cargo.env_remove("CARGO");
    if let Some(exact) = exact_std(called, &own) {
        cargo.env(STD_VAR, exact);
    }
    let root = choice::root(called);
    if let Some(root) = &root {
        compilers(&mut cargo, &machine, root);
        if let Some(driver) = lint_driver(&machine, &own, root, words) {
            cargo.env(WRAPPER_VAR, driver);
        }
    }
    if machine.var(RUNNER_VAR).is_none() && !Config::read().has_runner() {
        runner(&mut cargo)?;
    }
    exec::exec(&mut cargo).map_err(|error| format!("cannot run {}: {error}", own.cargo.display()))
}

/// Becomes the real cargo-clippy, which then runs the cargo that stands in for the real one.
pub(crate) fn clippy(called: &OsStr, words: Vec<OsString>) -> Result<i32, String> {
    let own = own(&Machine::new())?;
    let program = own.tool("cargo-clippy");
    let mut clippy = Command::new(&program);
    clippy.args(words);
    if let Some(root) = choice::root(called) {
        clippy.env("CARGO", in_bin(&root, "cargo"));
    }
    exec::exec(&mut clippy).map_err(|error| {
        format!(
            "cannot run {}: {error}: add it with `rustup component add clippy`, or your system's package",
            program.display()
        )
    })
}

/// Which std exactly guests get, for as long as neither the compiler nor this program changes. A compiler that cannot be asked
/// has to say so itself.
fn exact_std(called: &OsStr, own: &Own) -> Option<String> {
    let std = Choice::of(called).kind();
    let compiler = Compiler::ask(&own.rustc, &own.cargo).ok()?;
    let cache = Cache::of_user(&Machine::new()).ok()?;
    Some(cache.identity(&compiler, std).to_string())
}

/// Makes cargo use the compilers beside this one. Where rustup has chosen this toolchain, it finds them by itself.
fn compilers(cargo: &mut Command, machine: &Machine, root: &Path) {
    if is_stand_in(machine) {
        return;
    }
    for (variable, name) in [("RUSTC", "rustc"), ("RUSTDOC", "rustdoc")] {
        if machine.var(variable).is_none() {
            cargo.env(variable, in_bin(root, name));
        }
    }
}

/// Cargo-clippy names the driver that stands beside itself, which is a real one. Native builds keep it, so that they stay what
/// they were.
fn lint_driver(machine: &Machine, own: &Own, root: &Path, words: &[OsString]) -> Option<PathBuf> {
    let wrapper = PathBuf::from(machine.var(WRAPPER_VAR)?);
    let driver = tool::Compiler::Clippy.name();
    // By their real paths: rustup's folders may be links.
    let real = |path: &Path| machine.real_path(path);
    let is_real = real(&wrapper) == real(&own.tool(driver));
    (is_real && is_about_guests(machine, words)).then(|| in_bin(root, driver))
}

fn is_about_guests(machine: &Machine, words: &[OsString]) -> bool {
    let names = |word: &OsStr| word.to_string_lossy().contains(TARGET);
    words.iter().any(|word| names(word))
        || machine.var("CARGO_BUILD_TARGET").is_some_and(|word| names(&word))
        || Config::read().builds_guests()
}

/// Makes cargo run modules with the command that was installed together with this program.
///
/// By the environment: a list given with `--config` is added to the one in a file. Cargo splits the variable at blanks: where
/// the path has any, it gets the program's name only, and `PATH` its folder.
fn runner(cargo: &mut Command) -> Result<(), String> {
    let here = env::current_exe()
        .and_then(|path| path.canonicalize())
        .map_err(|error| format!("the path of this program cannot be found: {error}"))?;
    let name = format!("threadlink{}", env::consts::EXE_SUFFIX);
    let program = here.with_file_name(&name);
    if !program.is_file() {
        return Ok(());
    }
    let path = program
        .to_str()
        .filter(|path| !path.contains(char::is_whitespace));
    if let Some(path) = path {
        cargo.env(RUNNER_VAR, format!("{path} runner"));
        return Ok(());
    }
    let old = env::var_os("PATH").unwrap_or_default();
    let folder = here.parent().map(Path::to_owned);
    let path = env::join_paths(folder.into_iter().chain(env::split_paths(&old)))
        .map_err(|error| format!("the folder of {} cannot be in PATH: {error}", program.display()))?;
    cargo.env(RUNNER_VAR, format!("{name} runner")).env("PATH", path);
    Ok(())
}

fn in_bin(root: &Path, name: &str) -> PathBuf {
    root.join("bin")
        .join(format!("{name}{}", env::consts::EXE_SUFFIX))
}
