//! `explored NAME`: one of many small programs, each with a bug that few schedules show (`bugs`), or with none (`correct`).
//! They use what std has, from std itself where that has threads. Without a name it lists them, each after how it ends.

mod bugs;
mod correct;

#[cfg(threadlink_std)]
pub(crate) use std as lib;
#[cfg(not(threadlink_std))]
pub(crate) use threadlink as lib;
#[cfg(not(threadlink_std))]
use threadlink::println;

use lib::process::ExitCode;
use lib::thread::{Builder, JoinHandle};

/// A program: how it ends, its name, and what it does.
pub(crate) type Program = (&'static str, &'static str, fn());

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
    let programs = || bugs::PROGRAMS.iter().chain(correct::PROGRAMS);
    let Some(wanted) = lib::env::args().nth(1) else {
        for (ends, name, _) in programs() {
            println!("{ends} {name}");
        }
        return ExitCode::SUCCESS;
    };
    match programs().find(|(_, name, _)| *name == wanted) {
        Some((.., program)) => {
            program();
            ExitCode::SUCCESS
        }
        None => ExitCode::from(42),
    }
}
