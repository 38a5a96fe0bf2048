//! The cargo that builds and runs guests.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::options::Options;

/// The target of guests.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// How a shell gets at cargo: `$0` is the command `threadlink`, the rest is for cargo.
const SET_UP: &str = r#"set -e; lines=$("$0" setup --print-env); eval "$lines"; exec cargo "$@""#;

/// A cargo that builds guests for `TARGET`, and what is native as ever.
#[derive(Debug)]
pub(crate) enum Guest {
    /// This one, as it is.
    Cargo(PathBuf),
    /// The one that a shell has after it has been set up by this command.
    SetUp(PathBuf),
}

impl Guest {
    pub(crate) fn new(options: &Options) -> Result<Guest, String> {
        match (&options.cargo, &options.threadlink) {
            (Some(cargo), _) => Ok(Guest::Cargo(cargo.clone())),
            (None, Some(threadlink)) => Ok(Guest::SetUp(threadlink.clone())),
            (None, None) => {
                Err("say --threadlink PATH or --cargo PATH; `cargo xtask crates` does".to_owned())
            }
        }
    }

    /// Which one it is, as far as can be told without running it: another build of a command is another.
    pub(crate) fn which(&self) -> String {
        let (Guest::Cargo(path) | Guest::SetUp(path)) = self;
        let about = std::fs::metadata(path).ok();
        let size = about.as_ref().map(std::fs::Metadata::len);
        let made = about.and_then(|about| about.modified().ok());
        format!("{self:?} {size:?} {made:?}")
    }

    /// It, in this folder.
    pub(crate) fn cargo(&self, folder: &Path) -> Command {
        let mut command = match self {
            Guest::Cargo(cargo) => Command::new(cargo),
            Guest::SetUp(threadlink) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", SET_UP]).arg(threadlink);
                shell
            }
        };
        settle(&mut command, folder);
        command
    }

    /// The command itself, in this folder.
    pub(crate) fn threadlink(&self, folder: &Path) -> Result<Command, String> {
        let Guest::SetUp(threadlink) = self else {
            return Err("that wants the command: say --threadlink PATH".to_owned());
        };
        let mut command = Command::new(threadlink);
        settle(&mut command, folder);
        Ok(command)
    }
}

/// What holds for all of them.
fn settle(command: &mut Command, folder: &Path) {
    command
        .current_dir(folder)
        .env("THREADLINK_STD", "threaded")
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_INCREMENTAL", "0");
    // What the cargo that runs this tool says to it is not meant for another.
    for variable in ["CARGO", "RUSTUP_TOOLCHAIN", "CARGO_TARGET_DIR"] {
        command.env_remove(variable);
    }
}
