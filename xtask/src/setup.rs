//! `cargo xtask setup`: the toolchain for guests. The std that they are built on is made when the first one is.

use threadlink_toolchain::{Machine, Toolchain};

use crate::shell::{Done, step};

/// Finds or installs the toolchain, and says what it did.
pub(crate) fn setup() -> Done<Toolchain> {
    step("set up what guest builds need");
    let toolchain = threadlink_toolchain::setup(&Machine::new(), &mut |line| eprintln!("setup: {line}"))
        .map_err(|error| error.to_string())?;
    eprintln!("{toolchain}");
    Ok(toolchain)
}
