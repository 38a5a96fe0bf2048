//! Where things are in this clone.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{self, Done};

/// The root of the clone. Cargo says at run time where xtask's sources are, so a clone may be moved.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&here).parent().map(Path::to_owned).unwrap_or_default()
}

/// The cargo that runs us, in the root of the clone.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(root());
    command
}

/// A program, in the root of the clone.
pub(crate) fn in_root(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// A freshly built `threadlink` command, in the root of the clone.
pub(crate) struct Threadlink {
    binary: PathBuf,
}

impl Threadlink {
    /// Builds the command, in the same profile and target directory as xtask itself, so beside it.
    pub(crate) fn build() -> Done<Threadlink> {
        let xtask = std::env::current_exe().map_err(|error| format!("xtask cannot find itself: {error}"))?;
        let dir = xtask.parent().ok_or("xtask stands in no directory")?;
        let mut build = cargo();
        // With the features of the whole workspace, as its tests are built: wasmtime is compiled once for both.
        build.args([
            "build",
            "--workspace",
            "--bin",
            "threadlink",
            "--bin",
            "threadlink-rustc",
        ]);
        if dir.ends_with("release") {
            build.arg("--release");
        }
        shell::run(&mut build)?;
        let binary = dir.join(format!("threadlink{}", std::env::consts::EXE_SUFFIX));
        if binary.is_file() {
            Ok(Threadlink { binary })
        } else {
            Err(format!(
                "cargo built threadlink-cli, but there is no {}",
                binary.display()
            ))
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.binary
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = in_root(&self.binary);
        command.args(args);
        command
    }

    /// Builds an example, traced, and returns the path of the module.
    pub(crate) fn build_traced(&self, example: &str) -> Done<PathBuf> {
        let printed = shell::output(&mut self.command(&["build", "-p", example, "--features", "tracing"]))?;
        let module = printed.lines().last().ok_or("threadlink build printed nothing")?;
        Ok(PathBuf::from(module))
    }
}
