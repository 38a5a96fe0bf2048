//! Process groups of Unix.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// Lets the process be in a group of its own.
pub(crate) fn of_its_own(command: &mut Command) {
    command.process_group(0);
}
