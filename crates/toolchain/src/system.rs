//! What detection and set-up see of the machine they run on.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::program::program;

/// The machine: environment, files and programs. [`Machine`] is the real one.
pub trait System {
    /// An environment variable; `None` if unset or empty.
    fn var(&self, name: &str) -> Option<OsString>;

    /// Is there a file at this path? Symbolic links are followed: a dangling one is no file.
    fn is_file(&self, path: &Path) -> bool;

    /// The path with all symbolic links followed; as it is, if that cannot be done.
    fn real_path(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }

    /// The text of a file; `None` if it cannot be read.
    fn text(&self, path: &Path) -> Option<String>;

    /// The directory that the user is in; `None` if there is none any more.
    fn current_dir(&self) -> Option<PathBuf>;

    /// The entries of a directory, sorted; none if it cannot be read.
    fn children(&self, dir: &Path) -> Vec<PathBuf>;

    /// Runs a program to its end and returns its standard output; `None` if it could not be started or
    /// failed.
    fn output(&self, program: &Path, args: &[&str]) -> Option<String>;

    /// Runs a program to its end with its output shown to the user (on standard error).
    ///
    /// # Errors
    /// A phrase that says why it counts as failed: not started, a failing exit status, or not finished
    /// within `limit`, in which case it was killed.
    fn show(&self, program: &Path, args: &[&str], limit: Duration) -> Result<(), String>;

    /// The file of this name in the first directory of `PATH` that has it.
    fn in_path(&self, name: &str) -> Option<PathBuf> {
        self.path_dirs()
            .into_iter()
            .map(|dir| program(&dir, name))
            .find(|file| self.is_file(file))
    }

    /// The directories of `PATH`, in order.
    fn path_dirs(&self) -> Vec<PathBuf> {
        self.var("PATH")
            .map(|path| std::env::split_paths(&path).collect())
            .unwrap_or_default()
    }
}

/// The machine this process runs on.
#[derive(Debug, Default)]
pub struct Machine(());

impl Machine {
    /// The machine this process runs on.
    #[must_use]
    pub fn new() -> Machine {
        Machine(())
    }
}

impl System for Machine {
    fn var(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name).filter(|value| !value.is_empty())
    }

    fn is_file(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn real_path(&self, path: &Path) -> PathBuf {
        path.canonicalize().unwrap_or_else(|_| path.to_owned())
    }

    fn text(&self, path: &Path) -> Option<String> {
        std::fs::read_to_string(path).ok()
    }

    fn current_dir(&self) -> Option<PathBuf> {
        std::env::current_dir().ok()
    }

    fn children(&self, dir: &Path) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = std::fs::read_dir(dir)
            .map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()).collect())
            .unwrap_or_default();
        found.sort();
        found
    }

    fn output(&self, program: &Path, args: &[&str]) -> Option<String> {
        let output = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn show(&self, program: &Path, args: &[&str], limit: Duration) -> Result<(), String> {
        let mut child = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(std::io::stderr())
            .spawn()
            .map_err(|error| format!("it could not be started: {error}"))?;
        let deadline = Instant::now() + limit;
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(format!("it failed ({status})")),
                Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(20)),
                Ok(None) => {
                    // Both may fail only because it has just ended by itself, which is fine here.
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(format!("it did not finish within {} s", limit.as_secs()));
                }
                Err(error) => return Err(format!("it could not be waited for: {error}")),
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_never_ends_is_stopped_and_said_so() {
        let shown = Machine::new().show(Path::new("/bin/sh"), &["-c", "exec sleep 60"], Duration::ZERO);
        assert!(shown.is_err(), "{shown:?}");
    }

    #[test]
    fn failing_programs_have_no_output() {
        let machine = Machine::new();
        assert_eq!(
            machine
                .output(Path::new("/bin/sh"), &["-c", "echo hi"])
                .as_deref(),
            Some("hi\n")
        );
        assert_eq!(
            machine.output(Path::new("/bin/sh"), &["-c", "echo hi; exit 3"]),
            None
        );
        assert_eq!(machine.output(Path::new("/no/such/program"), &[]), None);
        let failed = machine.show(Path::new("/bin/sh"), &["-c", "exit 3"], Duration::from_secs(60));
        assert!(failed.is_err_and(|why| why.contains('3')));
    }
}
