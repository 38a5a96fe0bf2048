//! Running other programs, and saying so.

use std::process::{Command, ExitStatus};
use std::time::Instant;

/// Why a verb gave up, for a person.
pub(crate) type Done<T = ()> = Result<T, String>;

/// Says what happens next: `== 2/5 build bank`.
pub(crate) fn step(text: &str) {
    eprintln!("\n== {text}");
}

/// Runs a program to its end, its output shown.
///
/// # Errors
/// If it cannot be started.
pub(crate) fn status(command: &mut Command) -> Done<ExitStatus> {
    let line = line(command);
    eprintln!("$ {line}");
    let start = Instant::now();
    let status = command
        .status()
        .map_err(|error| format!("cannot run `{line}`: {error}"))?;
    eprintln!("  ({:.1} s)", start.elapsed().as_secs_f64());
    Ok(status)
}

/// Runs a program that has to succeed.
///
/// # Errors
/// If it cannot be started or fails.
pub(crate) fn run(command: &mut Command) -> Done {
    let status = status(command)?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{}` failed: {status}", line(command)))
    }
}

/// Runs a program that has to succeed, and returns what it printed; its standard error is shown.
///
/// # Errors
/// If it cannot be started or fails.
pub(crate) fn output(command: &mut Command) -> Done<String> {
    let line = line(command);
    eprintln!("$ {line}");
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot run `{line}`: {error}"))?;
    if !output.status.success() {
        return Err(format!("`{line}` failed: {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The command as a person would type it, the program by its name alone.
pub(crate) fn line(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy();
    let mut line = name.into_owned();
    for word in command.get_args() {
        line.push(' ');
        line.push_str(&word.to_string_lossy());
    }
    line
}
