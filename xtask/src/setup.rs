//! `cargo xtask setup` and `cargo xtask env`: the toolchain for guests.

use threadlink_toolchain::{Machine, Toolchain};

use crate::shell::{Done, step};

/// Finds or installs the toolchain, and says what it did.
pub(crate) fn setup() -> Done<Toolchain> {
    step("set up what guest builds need");
    let toolchain = found_or_installed()?;
    eprintln!("{toolchain}");
    Ok(toolchain)
}

/// Prints the lines that select the toolchain in a shell: nothing else on standard output.
pub(crate) fn env() -> Done {
    print!("{}", found_or_installed()?.shell_exports());
    Ok(())
}

fn found_or_installed() -> Done<Toolchain> {
    threadlink_toolchain::setup(&Machine::new(), &mut |line| eprintln!("setup: {line}"))
        .map_err(|error| error.to_string())
}
