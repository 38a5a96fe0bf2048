//! The folder of links that is a toolchain: for rustup, or to be called by its paths.

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use threadlink_sysroot::Std;
use threadlink_toolchain::rustup::STAND_IN;
use threadlink_toolchain::{Own, System, places};

use crate::exec;

/// The condition that is true in crates over a std with threads.
pub(crate) const STD_CFG: &str = "threadlink_std";
/// The condition that asks for std's locks to be traced: `--cfg` with it, in the flags of a program.
pub const TRACE_CFG: &str = "threadlink_trace";

/// What is always there. A tool that the real toolchain lacks says so when it is called.
const TOOLS: [&str; 5] = ["cargo", "cargo-clippy", "clippy-driver", "rustc", "rustdoc"];

/// A toolchain whose tools stand in for real ones.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StandIn {
    /// What rustup knows it by.
    pub name: &'static str,
    /// Its folder.
    pub root: PathBuf,
    /// The kind of std that it is for; the usual one if it is `None`.
    std: Option<Std>,
}

impl StandIn {
    /// The toolchains of the user, whether they have been made or not: the usual one first.
    ///
    /// # Errors
    /// A sentence for people, if there is no folder for them.
    pub fn all(system: &dyn System) -> Result<[StandIn; 2], String> {
        let folder = places::data(system)
            .ok_or("there is no folder for a toolchain: set THREADLINK_CACHE to one, or HOME")?
            .join("toolchains");
        let of = |name: &'static str, std| StandIn {
            name,
            root: folder.join(name),
            std,
        };
        Ok([of("threadlink", None), of("threadlink-plain", Some(Std::Plain))])
    }

    /// The one for this kind of std.
    ///
    /// # Errors
    /// As [`StandIn::all`].
    pub fn of(system: &dyn System, std: Std) -> Result<StandIn, String> {
        let [usual, plain] = Self::all(system)?;
        Ok(if std == Std::DEFAULT { usual } else { plain })
    }

    /// A tool of it.
    #[must_use]
    pub fn tool(&self, name: &str) -> PathBuf {
        self.root.join("bin").join(format!("{name}{EXE_SUFFIX}"))
    }

    /// Makes it, or brings it up to date: `program` is the one that stands in, `own` has the tools to stand in for.
    ///
    /// # Errors
    /// A file that cannot be made.
    pub fn make(&self, program: &Path, own: Option<&Own>) -> io::Result<()> {
        let bin = self.root.join("bin");
        fs::create_dir_all(&bin)?;
        // rustup takes a folder for a toolchain if it has this as well.
        fs::create_dir_all(self.root.join("lib"))?;
        let note = self.std.map(|std| std.to_string()).unwrap_or_default();
        let path = self.root.join(STAND_IN);
        if fs::read_to_string(&path).ok().as_ref() != Some(&note) {
            replace(&path, |aside| fs::write(aside, &note))?;
        }
        let mut names: Vec<String> = TOOLS.map(|name| format!("{name}{EXE_SUFFIX}")).to_vec();
        let real = own.and_then(|own| own.rustc.parent());
        for entry in real.and_then(|dir| fs::read_dir(dir).ok()).into_iter().flatten() {
            let name = entry?.file_name().to_string_lossy().into_owned();
            // A folder of the system has all its programs in it.
            if is_of_rust(&name) && !names.contains(&name) {
                names.push(name);
            }
        }
        for name in names {
            let at = bin.join(name);
            let is_there = fs::read_link(&at).is_ok_and(|target| target == program);
            if !is_there {
                replace(&at, |aside| exec::link(program, aside))?;
            }
        }
        Ok(())
    }
}

fn is_of_rust(name: &str) -> bool {
    ["cargo", "rust", "clippy", "miri"]
        .iter()
        .any(|start| name.starts_with(start))
        && !name.starts_with("rustup")
}

/// Puts a file in the place of another at once: somebody may be using it.
fn replace(path: &Path, make: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(format!(".{}", std::process::id()));
    let aside = PathBuf::from(aside);
    let _ = fs::remove_file(&aside);
    make(&aside)?;
    fs::rename(&aside, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use threadlink_toolchain::Machine;

    #[test]
    fn it_can_be_made_again_and_for_another_program() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let stand_in = StandIn {
            name: "threadlink-plain",
            root: dir.path().join("a b"),
            std: Some(Std::Plain),
        };
        for program in ["one", "one", "two"] {
            let program = dir.path().join(program);
            fs::write(&program, "program").expect("a file");
            stand_in.make(&program, None).expect("it can be made");
            let real = stand_in.tool("rustc").canonicalize().expect("it leads somewhere");
            assert_eq!(real, program.canonicalize().expect("it is there"));
        }
        let note = fs::read_to_string(stand_in.root.join(STAND_IN)).expect("a file");
        assert_eq!(note, "plain");
    }

    #[test]
    fn the_usual_std_has_the_usual_name() {
        let Ok(usual) = StandIn::of(&Machine::new(), Std::DEFAULT) else {
            return;
        };
        assert_eq!(usual.name, "threadlink");
        assert!(
            is_of_rust("rustfmt") && is_of_rust("cargo-fmt") && !is_of_rust("rustup") && !is_of_rust("ls")
        );
    }
}
