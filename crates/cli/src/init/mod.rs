//! `threadlink init`: makes plain cargo build guests in a project. What earlier versions wrote into it, `migrate` takes out.

mod migrate;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use threadlink_sysroot::Std;

use crate::failure::{Done, Failure};
use crate::output;
use crate::setup::shell_line;
use crate::stand_in::{self, Rustup};
use crate::which_std::WhichStd;

/// Make plain `cargo build --target wasm32-unknown-unknown` (and `cargo run`, `test`, `check`, `clippy`) build guests in an
/// existing project. Nothing is written there: rustup notes it, as `rustup override` does.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Directory of the project
    #[arg(default_value = ".")]
    dir: PathBuf,

    /// Which std: with threads of its own, or plain, where threads come from the crate `threadlink`
    #[arg(long = "std", value_enum, value_name = "KIND")]
    which: Option<WhichStd>,
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
        let mut text = String::new();
        if let Some(path) = migrate_config(dir)? {
            text.push_str(&format!(
                "removed from {} what an earlier version wrote there: it is not needed any more\n",
                path.display()
            ));
        }
        let std = self.which.map_or(Std::DEFAULT, Std::from);
        let stand_in = stand_in::ready(std)?;
        stand_in::link()?;
        if Rustup::of(&stand_in) == Rustup::Linked {
            stand_in::choose(&stand_in, dir)?;
            text.push_str(&format!(
                "in {} and below, cargo now is that of the toolchain `{}` (`rustup override unset` takes that back)\n",
                dir.display(),
                stand_in.name
            ));
            text.push_str("\n  cargo run --target wasm32-unknown-unknown\n  cargo test --target wasm32-unknown-unknown\n");
        } else {
            text.push_str(&format!(
                "There is no rustup here that could choose a toolchain for a project. Either `threadlink build`, `run` and \
                 `test`, or plain cargo in a shell with\n\n{}",
                shell_line(&stand_in)
            ));
        }
        if !dir.join("Cargo.toml").is_file() {
            text.push_str(&format!("note: there is no Cargo.toml in {}\n", dir.display()));
        }
        output::print(&text)?;
        Ok(0)
    }
}

/// Takes what an earlier version wrote out of the project's config, and returns which file that was.
fn migrate_config(dir: &Path) -> Result<Option<PathBuf>, Failure> {
    let path = dir.join(".cargo/config.toml");
    let Some(new) = fs::read_to_string(&path)
        .ok()
        .as_deref()
        .and_then(migrate::migrated)
    else {
        return Ok(None);
    };
    let failed = |error: std::io::Error| Failure::usage(format!("cannot write {}: {error}", path.display()));
    if new.trim().is_empty() {
        fs::remove_file(&path).map_err(failed)?;
        // Only if nothing else is there.
        let _ = fs::remove_dir(dir.join(".cargo"));
        return Ok(Some(path));
    }
    // Beside the file and renamed: a failure leaves the old file whole.
    let beside = path.with_extension("toml.new");
    fs::write(&beside, new).map_err(failed)?;
    fs::rename(&beside, &path).map_err(failed)?;
    Ok(Some(path))
}
