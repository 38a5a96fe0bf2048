//! `threadlink init`: makes plain cargo build guests in a project. What becomes of the file is in `merge`.

mod merge;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;
use threadlink_toolchain::{Linker, Machine, Toolchain, detect};

use crate::failure::{Done, Failure};
use crate::output;

/// Write the .cargo/config.toml that makes plain `cargo build --target wasm32-unknown-unknown` (and `cargo run`)
/// work in an existing project. What is there already is kept.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Directory of the project
    #[arg(default_value = ".")]
    dir: PathBuf,
}

impl Init {
    pub(crate) fn execute(self) -> Done {
        let dir = &self.dir;
        if !dir.is_dir() {
            return Err(Failure::usage(format!(
                "{} is no directory: give that of a project",
                dir.display()
            )));
        }
        let toolchain = detect(&Machine::new());
        let path = dir.join(".cargo/config.toml");
        let old = existing(dir, &path)?;
        let new = merged(&old, toolchain.as_ref().ok()).map_err(|reasons| {
            Failure::usage(format!(
                "{} stays as it is: {}",
                path.display(),
                reasons.join("; ")
            ))
        })?;

        let mut text = String::new();
        if new == old {
            text.push_str(&format!(
                "{} has all that guests need; nothing changed\n",
                path.display()
            ));
        } else {
            write(&path, &new)?;
            text.push_str(&format!("wrote {}\n", path.display()));
        }
        if !dir.join("Cargo.toml").is_file() {
            text.push_str(&format!("note: there is no Cargo.toml in {}\n", dir.display()));
        }
        text.push_str(&next_steps(toolchain.as_ref().ok()));
        output::print(&text)?;
        Ok(0)
    }
}

/// The config `old` with what guests need added; the reasons if it says otherwise.
pub(crate) fn merged(old: &str, toolchain: Option<&Toolchain>) -> Result<String, Vec<String>> {
    let linker = match toolchain {
        Some(Toolchain {
            linker: Linker::At(path),
            ..
        }) => path.to_str(),
        _ => None,
    };
    merge::merge(old, linker)
}

/// The config file as it is now, empty if there is none.
fn existing(dir: &Path, path: &Path) -> Result<String, Failure> {
    let nameless = dir.join(".cargo/config");
    if nameless.is_file() && !path.is_file() {
        return Err(Failure::usage(format!(
            "{} exists, and cargo reads it rather than config.toml: rename it to config.toml first",
            nameless.display()
        )));
    }
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Failure::usage(format!("cannot read {}: {error}", path.display()))),
    }
}

/// Writes beside the file and renames: a failure leaves the old file whole.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::usage(format!("cannot write {}: {error}", path.display()));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    let beside = path.with_extension("toml.new");
    fs::write(&beside, text).map_err(failed)?;
    fs::rename(&beside, path).map_err(failed)
}

/// What the user's shell still needs: a config file can neither choose the cargo nor unlock its unstable flags.
fn next_steps(toolchain: Option<&Toolchain>) -> String {
    match toolchain {
        Some(toolchain) => format!(
            "Now let your shell use the toolchain, then build with plain cargo:\n\n{}cargo build --target \
             wasm32-unknown-unknown\n\n(`eval \"$(threadlink setup --print-env)\"` does the same as the export \
             lines; `threadlink build` needs neither.)\n",
            toolchain.shell_exports()
        ),
        None => {
            "No toolchain for guests was found here: run `threadlink setup`, then this again.\n".to_owned()
        }
    }
}
