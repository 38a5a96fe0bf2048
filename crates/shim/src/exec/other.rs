//! Systems on which a process runs another and waits for it.

use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};

/// Runs the program, and returns what it ended with.
pub(crate) fn exec(command: &mut Command) -> io::Result<i32> {
    command.status().map(code)
}

/// The exit code to end with.
pub(crate) fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(1)
}

/// Makes the program `real` reachable at `at`: links to files are a privilege on Windows, second names are not.
pub(crate) fn link(real: &Path, at: &Path) -> io::Result<()> {
    std::fs::hard_link(real, at).or_else(|_| std::fs::copy(real, at).map(|_| ()))
}
