//! Speaks to the user.

use std::fs::{self, OpenOptions};
use std::io::Write;

/// The variable with the number of the cargo that runs the compilers.
pub(crate) const CARGO_PID_VAR: &str = "THREADLINK_CARGO_PID";

/// A line on standard error, at the end of a process.
pub(crate) fn say(line: &str) {
    // There is nobody else to tell.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// A line about what goes on, once. Not on a compiler's standard error, if that can be: cargo keeps what comes there, and shows
/// it again whenever nothing has to be compiled.
pub(crate) fn tell(line: &str) {
    let cargo = std::env::var(CARGO_PID_VAR)
        .ok()
        .filter(|pid| !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit()));
    let stream = cargo.and_then(|pid| {
        let path = format!("/proc/{pid}/fd/2");
        let is_file = fs::metadata(&path).ok()?.is_file();
        // In a file, cargo goes on where it was, which would be over this line.
        (!is_file).then(|| OpenOptions::new().append(true).open(path).ok())?
    });
    match stream {
        // A progress bar may stand on the line.
        Some(mut stream) => {
            let _ = writeln!(stream, "{line}");
        }
        None => say(line),
    }
}
