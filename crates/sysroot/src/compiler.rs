//! A compiler, as far as a std made by it depends on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;

/// A compiler and what it says of itself.
#[derive(Clone, Debug)]
pub struct Compiler {
    pub(crate) rustc: PathBuf,
    pub(crate) cargo: PathBuf,
    /// All that `rustc -vV` prints.
    pub(crate) verbose: String,
}

impl Compiler {
    /// Asks the compiler at this path, which goes with this cargo. Both have to be the real ones, not such as choose one.
    ///
    /// # Errors
    /// [`Error::Compiler`] if it does not answer.
    pub fn ask(rustc: &Path, cargo: &Path) -> Result<Compiler, Error> {
        let compiler = Compiler {
            rustc: rustc.to_owned(),
            cargo: cargo.to_owned(),
            verbose: printed(rustc, &["-vV"])?,
        };
        match (compiler.field("host"), compiler.field("release")) {
            (Some(_), Some(_)) => Ok(compiler),
            _ => Err(Error::Compiler(rustc.to_owned())),
        }
    }

    /// Its release: `1.95.0`.
    #[must_use]
    pub fn release(&self) -> &str {
        self.field("release").unwrap_or_default()
    }

    /// The kind of machine it runs on: `x86_64-unknown-linux-gnu`.
    pub(crate) fn host(&self) -> &str {
        self.field("host").unwrap_or_default()
    }

    /// What the paths of its own std begin with, wherever that was built.
    pub(crate) fn virtual_root(&self) -> String {
        let commit = self.field("commit-hash").filter(|hash| *hash != "unknown");
        format!("/rustc/{}", commit.unwrap_or(self.release()))
    }

    /// Its own sysroot.
    pub(crate) fn sysroot(&self) -> Result<PathBuf, Error> {
        Ok(PathBuf::from(
            printed(&self.rustc, &["--print", "sysroot"])?.trim_end(),
        ))
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.verbose.lines().find_map(|line| {
            let value = line.strip_prefix(name)?.strip_prefix(':')?;
            Some(value.trim())
        })
    }
}

/// What the compiler prints.
fn printed(rustc: &Path, args: &[&str]) -> Result<String, Error> {
    let output = Command::new(rustc)
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success());
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .ok_or_else(|| Error::Compiler(rustc.to_owned()))
}

#[cfg(test)]
impl Compiler {
    /// One that says this of itself.
    pub(crate) fn saying(verbose: &str) -> Compiler {
        Compiler {
            rustc: PathBuf::from("/c/bin/rustc"),
            cargo: PathBuf::from("/c/bin/cargo"),
            verbose: verbose.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_std_are_those_of_the_compilers_own() {
        let rustup = Compiler::saying("rustc 1.95.0\nhost: x\ncommit-hash: 0123\nrelease: 1.95.0\n");
        assert_eq!(rustup.virtual_root(), "/rustc/0123");
        let debian = Compiler::saying("rustc 1.96.0\ncommit-hash: unknown\nrelease: 1.96.0\n");
        assert_eq!(debian.virtual_root(), "/rustc/1.96.0");
    }

    #[test]
    fn what_is_no_compiler_is_refused() {
        for program in ["/no/such/rustc", "/bin/true", "/bin/false"] {
            let asked = Compiler::ask(Path::new(program), Path::new("cargo"));
            assert!(matches!(asked, Err(Error::Compiler(_))), "{program}");
        }
    }
}
