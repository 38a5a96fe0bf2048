//! The programs that are measured, each built when it is first needed.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::large;
use crate::options::Options;

/// A program that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Program {
    /// The workloads over std, natively.
    Native,
    /// The same source as a guest, over the threaded std.
    Std,
    /// With lock events.
    StdTraced,
    /// The same workloads over the crate and the plain std.
    Crate,
    /// With lock events.
    CrateTraced,
    /// The smallest program, small, over the threaded std.
    HelloStd,
    /// The smallest program, small, over the crate and the plain std.
    HelloCrate,
    /// A large module, not optimised.
    Large,
}

/// Builds programs and knows where they are.
pub(crate) struct Programs {
    threadlink: PathBuf,
    built: RefCell<HashMap<Program, PathBuf>>,
    has_cache: OnceCell<bool>,
}

/// The root of the clone.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&here).parent().map(Path::to_owned).unwrap_or_default()
}

/// Where what is made for measuring stands.
pub(crate) fn folder() -> Result<PathBuf, String> {
    let folder = root().join("target/bench");
    std::fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    Ok(folder)
}

impl Programs {
    pub(crate) fn new(options: &Options) -> Programs {
        Programs {
            threadlink: options.threadlink.clone(),
            built: RefCell::default(),
            has_cache: OnceCell::new(),
        }
    }

    /// The command that runs guests.
    pub(crate) fn threadlink(&self) -> Command {
        let mut command = Command::new(&self.threadlink);
        command.current_dir(root());
        command
    }

    /// Whether the command keeps what it has compiled, unless it is told not to.
    pub(crate) fn has_cache(&self) -> Result<bool, String> {
        if let Some(known) = self.has_cache.get() {
            return Ok(*known);
        }
        let help = printed(self.threadlink().args(["run", "--help"]))?;
        Ok(*self.has_cache.get_or_init(|| help.contains("--no-cache")))
    }

    /// The file, built if that has not been done yet.
    pub(crate) fn path(&self, program: Program) -> Result<PathBuf, String> {
        if let Some(path) = self.built.borrow().get(&program) {
            return Ok(path.clone());
        }
        eprintln!("building {program:?}");
        let made = match program {
            Program::Native => native()?,
            guest => {
                let module = self.guest(guest)?;
                // Another build of the same package would put its own in the place.
                let kept = folder()?.join(format!("{guest:?}.wasm").to_lowercase());
                std::fs::copy(&module, &kept)
                    .map_err(|error| format!("cannot copy {}: {error}", module.display()))?;
                kept
            }
        };
        self.built.borrow_mut().insert(program, made.clone());
        Ok(made)
    }

    fn guest(&self, program: Program) -> Result<PathBuf, String> {
        let words: &[&str] = match program {
            Program::Native => unreachable!("it is no guest"),
            Program::Std => &[
                "-p",
                "bench-std",
                "--bin",
                "bench-std",
                "--std",
                "threaded",
                "--release",
            ],
            Program::StdTraced => &[
                "-p",
                "bench-std",
                "--bin",
                "bench-std",
                "--std",
                "threaded",
                "--release",
                "--trace",
            ],
            Program::Crate => &[
                "-p",
                "bench-crate",
                "--bin",
                "bench-crate",
                "--std",
                "plain",
                "--release",
            ],
            Program::CrateTraced => &[
                "-p",
                "bench-crate",
                "--bin",
                "bench-crate",
                "--std",
                "plain",
                "--release",
                "--trace",
            ],
            Program::HelloStd => &[
                "-p",
                "bench-std",
                "--bin",
                "hello-std",
                "--std",
                "threaded",
                "--profile",
                "small",
            ],
            Program::HelloCrate => &[
                "-p",
                "bench-crate",
                "--bin",
                "hello-crate",
                "--std",
                "plain",
                "--profile",
                "small",
            ],
            Program::Large => &[
                "--manifest-path",
                "target/bench/large/Cargo.toml",
                "--std",
                "threaded",
            ],
        };
        if program == Program::Large {
            large::write(&folder()?.join("large"))?;
        }
        last_line(self.threadlink().arg("build").arg("--quiet").args(words))
    }
}

fn native() -> Result<PathBuf, String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args([
            "build",
            "--quiet",
            "--release",
            "-p",
            "bench-std",
            "--bin",
            "bench-std",
        ])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(root());
    let messages = printed(&mut cargo)?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .ok_or_else(|| "cargo did not say where it put bench-std".to_owned())
}

fn last_line(command: &mut Command) -> Result<PathBuf, String> {
    let printed = printed(command)?;
    let path = printed.lines().last().ok_or("threadlink build printed nothing")?;
    Ok(PathBuf::from(path))
}

fn printed(command: &mut Command) -> Result<String, String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot run {command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?} failed: {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
