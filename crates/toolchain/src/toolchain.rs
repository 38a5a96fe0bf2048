//! A toolchain that can build guests, and how to use it.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::flags::TARGET;
use crate::system::{Machine, System};
use crate::version::Version;

/// Where the standard library's source is in a sysroot.
pub(crate) const LIBRARY: &str = "lib/rustlib/src/rust/library";

/// Where the wasm linker comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Linker {
    /// rustc brings its own and finds it by itself.
    Own,
    /// This one; cargo has to be told.
    At(PathBuf),
}

/// A cargo, a rustc with its source, and a wasm linker.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Toolchain {
    /// Where it was found, for people: `rustup toolchain stable-...`.
    pub origin: String,
    /// The cargo, not a rustup proxy.
    pub cargo: PathBuf,
    /// The rustc, not a rustup proxy.
    pub rustc: PathBuf,
    /// The version of rustc.
    pub version: Version,
    /// The same in rustc's own words, which say of a nightly that it is one: `1.97.0-nightly`.
    pub release: String,
    /// Does it accept unstable flags as it is, without `RUSTC_BOOTSTRAP=1`?
    pub nightly: bool,
    /// The linker for wasm.
    pub linker: Linker,
    /// The toolchain that the project's `rust-toolchain.toml` asks for and this one is not, and why: a sentence for people.
    pub neglects: Option<String>,
}

/// Build scripts (proc-macro2's, for one) look at `RUSTC_BOOTSTRAP`, so cargo runs them again, and recompiles all that
/// depends on them, whenever a build with it follows one without. Guests and native programs that share a compiler and
/// a target directory would throw out each other's proc macros time and again. A setting of their own for what guest
/// builds run on this machine, one without effect (the default is 256), makes cargo keep two copies.
const KEEP_APART: [(&str, &str); 2] = [
    ("CARGO_PROFILE_DEV_BUILD_OVERRIDE_CODEGEN_UNITS", "255"),
    ("CARGO_PROFILE_RELEASE_BUILD_OVERRIDE_CODEGEN_UNITS", "255"),
];

impl Toolchain {
    /// Cargo's environment variable that names the linker for wasm.
    pub const LINKER_VAR: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER";

    /// This toolchain's cargo, with the environment it needs to build guests; flags are the caller's.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.cargo);
        command.envs(self.environment());
        // Set by an outer cargo: it would name another cargo than the one that runs.
        command.env_remove("CARGO");
        command
    }

    /// The folder of the compiler's source that has the crates of the standard library; `None` if it says nothing.
    #[must_use]
    pub fn library(&self) -> Option<PathBuf> {
        let sysroot = Machine::new().output(&self.rustc, &["--print", "sysroot"])?;
        Some(Path::new(sysroot.trim()).join(LIBRARY))
    }

    /// The variables that a guest build needs besides `PATH`.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut variables = vec![("RUSTC", self.rustc.clone().into_os_string())];
        if !self.nightly {
            variables.push(("RUSTC_BOOTSTRAP", OsString::from("1")));
            variables.extend(KEEP_APART.map(|(name, value)| (name, OsString::from(value))));
        }
        if let Linker::At(path) = &self.linker {
            variables.push((Self::LINKER_VAR, path.clone().into_os_string()));
        }
        variables
    }
}

impl fmt::Display for Toolchain {
    /// Several lines: what each part is and where.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "guest toolchain: {} (for {TARGET})", self.origin)?;
        writeln!(f, "  cargo   {}", self.cargo.display())?;
        writeln!(
            f,
            "  rustc   {} ({}, with its source)",
            self.rustc.display(),
            self.release
        )?;
        match &self.linker {
            Linker::Own => write!(f, "  linker  rustc's own rust-lld")?,
            Linker::At(path) => write!(f, "  linker  {}", path.display())?,
        }
        match &self.neglects {
            Some(sentence) => write!(f, "\n  but     {sentence}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toolchain(linker: Linker) -> Toolchain {
        Toolchain {
            origin: "the system".to_owned(),
            cargo: "/opt/it's here/bin/cargo".into(),
            rustc: "/opt/it's here/bin/rustc".into(),
            version: Version::OLDEST,
            release: Version::OLDEST.to_string(),
            nightly: false,
            linker,
            neglects: None,
        }
    }

    #[test]
    fn nightly_needs_nothing_unlocked() {
        let names = |toolchain: &Toolchain| -> Vec<&str> {
            toolchain.environment().iter().map(|(name, _)| *name).collect()
        };
        let stable = toolchain(Linker::At("/l/wasm-ld".into()));
        for name in ["RUSTC", "RUSTC_BOOTSTRAP", KEEP_APART[0].0, Toolchain::LINKER_VAR] {
            assert!(names(&stable).contains(&name), "{name}");
        }
        let nightly = Toolchain {
            nightly: true,
            ..toolchain(Linker::Own)
        };
        assert_eq!(names(&nightly), ["RUSTC"]);
    }
}
