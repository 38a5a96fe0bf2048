//! Programs that tests and measurements start, besides those of Rust: installed where the system's packages are Debian's.

use std::env;
use std::process::Command;

use crate::shell::{self, Done, step};

/// A program, and the package of Debian's that has it.
pub(crate) struct Program(pub(crate) &'static str, pub(crate) &'static str);

/// Sees to it that these are there.
///
/// # Errors
/// Names the first one that is not there and cannot be installed.
pub(crate) fn need(programs: &[Program]) -> Done {
    let missing: Vec<&Program> = programs
        .iter()
        .filter(|Program(name, _)| !is_there(name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|Program(_, package)| *package).collect();
    install(&packages)
}

/// Installs packages of Debian's.
///
/// # Errors
/// Names them if the system has others.
pub(crate) fn install(packages: &[&str]) -> Done {
    let list = packages.join(" ");
    if !is_there("apt-get") {
        return Err(format!(
            "this needs programs that are not there: install what Debian has as {list}, and see that they are found (PATH)"
        ));
    }
    step(&format!("install {list}"));
    shell::run(as_root("apt-get").args(["update", "--quiet"]))?;
    shell::run(
        as_root("env")
            .args([
                "DEBIAN_FRONTEND=noninteractive",
                "apt-get",
                "install",
                "--yes",
                "--no-install-recommends",
            ])
            .args(packages),
    )
}

/// A command that may change the system. It asks nobody: there may be nobody.
fn as_root(program: &str) -> Command {
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|said| said.stdout.trim_ascii() == b"0");
    if is_root {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}

/// Whether a program of this name is found.
fn is_there(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| {
        folder
            .join(name)
            .with_extension(env::consts::EXE_EXTENSION)
            .is_file()
    })
}
