//! The toolchain of ours that stands in for the user's: made here, linked for rustup here.

use std::path::{Path, PathBuf};

use threadlink_shim::StandIn;
use threadlink_sysroot::Std;
use threadlink_toolchain::{Machine, System, own, rustup};

use crate::failure::Failure;

/// Makes the toolchains, or brings them up to date, and returns the one for this kind of std. It costs a look at a dozen links.
pub(crate) fn ready(std: Std) -> Result<StandIn, Failure> {
    let machine = Machine::new();
    let program = program()?;
    // Without any, the tools say so.
    let own = own(&machine).ok();
    for stand_in in StandIn::all(&machine).map_err(Failure::usage)? {
        stand_in.make(&program, own.as_ref()).map_err(|error| {
            Failure::usage(format!(
                "cannot make the toolchain {}: {error}",
                stand_in.root.display()
            ))
        })?;
    }
    StandIn::of(&machine, std).map_err(Failure::usage)
}

/// The program that is called by the names of the tools.
fn program() -> Result<PathBuf, Failure> {
    let here = std::env::current_exe()
        .and_then(|path| path.canonicalize())
        .map_err(|error| Failure::usage(format!("the path of this program cannot be found: {error}")))?;
    let program = here.with_file_name(format!("threadlink-rustc{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(program);
    }
    Err(Failure::usage(format!(
        "there is no {}, which belongs to this command: install both with `cargo install threadlink-cli`",
        program.display()
    )))
}

/// Whether rustup is here, and knows the toolchain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rustup {
    Missing,
    Unlinked,
    Linked,
}

impl Rustup {
    /// What rustup knows of the toolchain.
    pub(crate) fn of(stand_in: &StandIn) -> Rustup {
        let machine = Machine::new();
        if rustup::command(&machine).is_none() {
            return Rustup::Missing;
        }
        let linked = rustup::folder_of(&machine, stand_in.name);
        let same =
            linked.is_some_and(|folder| machine.real_path(&folder) == machine.real_path(&stand_in.root));
        if same { Rustup::Linked } else { Rustup::Unlinked }
    }
}

/// Makes rustup know both toolchains, where there is rustup.
pub(crate) fn link() -> Result<(), Failure> {
    for stand_in in StandIn::all(&Machine::new()).map_err(Failure::usage)? {
        if Rustup::of(&stand_in) == Rustup::Unlinked {
            ask(&[
                "toolchain",
                "link",
                stand_in.name,
                &stand_in.root.to_string_lossy(),
            ])?;
        }
    }
    Ok(())
}

/// Makes rustup use the toolchain in a folder and all below it. Nothing is written there.
pub(crate) fn choose(stand_in: &StandIn, folder: &Path) -> Result<(), Failure> {
    ask(&[
        "override",
        "set",
        "--path",
        &folder.to_string_lossy(),
        stand_in.name,
    ])
}

fn ask(words: &[&str]) -> Result<(), Failure> {
    let machine = Machine::new();
    let Some(rustup) = rustup::command(&machine) else {
        return Ok(());
    };
    machine
        .show(&rustup, words, rustup::PATIENCE)
        .map_err(|why| Failure::usage(format!("`rustup {}`: {why}", words.join(" "))))
}
