//! Unix, where a process can become another program.

use std::io;
use std::os::unix::fs::symlink;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitStatus};

/// What a shell adds to the number of a signal to make an exit code.
const SIGNALLED: i32 = 128;

/// Becomes the program. Returns only if that is not possible.
pub(crate) fn exec(command: &mut Command) -> io::Result<i32> {
    Err(command.exec())
}

/// The exit code to end with; by a signal that ended a program, this process ends as well.
pub(crate) fn code(status: ExitStatus) -> i32 {
    if let Some(signal) = status.signal() {
        // Returns if the signal is one that ends nothing.
        let _ = signal_hook::low_level::emulate_default_handler(signal);
        return SIGNALLED + signal;
    }
    status.code().unwrap_or(1)
}

/// Makes the program `real` reachable at `at`.
pub(crate) fn link(real: &Path, at: &Path) -> io::Result<()> {
    symlink(real, at)
}
