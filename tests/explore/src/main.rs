//! `explored NAME`: one of many small programs, each with a bug that few schedules show (`bugs`), or with none (`correct`).
//! They use what std has, from std itself where that has threads.

mod bugs;
mod correct;

#[cfg(threadlink_std)]
pub(crate) use std as lib;
#[cfg(not(threadlink_std))]
pub(crate) use threadlink as lib;

use lib::process::ExitCode;
use lib::thread::{Builder, JoinHandle};

/// A program: its name, and what it does.
pub(crate) type Program = (&'static str, fn());

/// Starts a thread with a name.
pub(crate) fn start<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .expect("a thread starts")
}

#[cfg_attr(not(threadlink_std), threadlink::main)]
fn main() -> ExitCode {
    let wanted = lib::env::args().nth(1).unwrap_or_default();
    let programs = bugs::PROGRAMS.iter().chain(correct::PROGRAMS);
    match programs.into_iter().find(|(name, _)| *name == wanted) {
        Some((_, program)) => {
            program();
            ExitCode::SUCCESS
        }
        None => ExitCode::from(42),
    }
}
