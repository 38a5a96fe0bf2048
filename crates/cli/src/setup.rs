//! `threadlink setup`: finds or installs the toolchain for guests.

use clap::Args;
use threadlink_toolchain::{Machine, detect, setup};

use crate::failure::{Done, Failure};
use crate::output::{self, tell};

/// Find, or install, what guest builds need: a Rust toolchain with its source, and a wasm linker.
#[derive(Debug, Args)]
pub(crate) struct Setup {
    /// Install nothing: only report, and exit with 2 if something is missing
    #[arg(long)]
    check: bool,

    /// Print lines for a shell (`eval "$(threadlink setup --print-env)"`) after which plain
    /// `cargo build --target wasm32-unknown-unknown` uses the toolchain
    #[arg(long)]
    print_env: bool,
}

impl Setup {
    pub(crate) fn execute(self) -> Done {
        let machine = Machine::new();
        let toolchain = if self.check {
            detect(&machine).map_err(|missing| Failure::usage(missing.to_string()))?
        } else {
            setup(&machine, &mut |line| tell(format_args!("setup: {line}")))
                .map_err(|error| Failure::usage(error.to_string()))?
        };
        if self.print_env {
            output::print(&toolchain.shell_exports())?;
        } else {
            output::print(&format!("{toolchain}\n"))?;
        }
        Ok(0)
    }
}
