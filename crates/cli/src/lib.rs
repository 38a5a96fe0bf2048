//! The `threadlink` command. Parses the command line and hands over: each verb has a file of its own.
//!
//! A library only so that two binaries, `threadlink` and cargo's `cargo threadlink`, can be the same command. For
//! running modules from a program, there is `threadlink-host`.

#![forbid(unsafe_code)]

mod allowed;
mod analyze;
mod aside;
mod attended;
mod build;
mod check;
mod cli;
mod code_cache;
mod compiler;
mod completions;
mod explore;
mod export;
mod failure;
mod harness;
mod init;
mod input;
mod invoke;
mod lines;
mod linked;
mod new;
mod output;
mod progress;
mod races;
mod report;
mod run;
mod runner;
mod screen;
mod serve;
mod setup;
mod signals;
mod size;
mod stand_in;
mod test;
mod test_traces;
mod verdict;
mod web;
mod which_std;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::{CommandFactory, FromArgMatches};

use crate::cli::{Cli, Verb};
use crate::failure::{Done, HOST_PANICKED};
use crate::output::tell;

/// Runs the command with the arguments of this process, and ends the process.
///
/// ```no_run
/// // All that the binary `threadlink` does.
/// threadlink_cli::main()
/// ```
pub fn main() -> ! {
    execute("threadlink", std::env::args_os().collect())
}

/// The same for the binary `cargo-threadlink`, to which cargo gives its subcommand's name as the first argument.
///
/// ```no_run
/// // All that the binary `cargo-threadlink` does.
/// threadlink_cli::cargo_main()
/// ```
pub fn cargo_main() -> ! {
    let mut args: Vec<OsString> = std::env::args_os().collect();
    if args.get(1).is_some_and(|word| word == "threadlink") {
        args.remove(1);
    }
    execute("cargo threadlink", args)
}

fn execute(name: &'static str, args: Vec<OsString>) -> ! {
    let matches = Cli::command()
        .bin_name(name)
        .try_get_matches_from(args)
        .unwrap_or_else(|error| cli::explained(error).exit());
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let code = code_of(|| match cli.verb {
        Verb::Setup(verb) => verb.execute(),
        Verb::New(verb) => verb.execute(),
        Verb::Init(verb) => verb.execute(),
        Verb::Build(verb) => verb.execute(),
        Verb::Run(verb) => verb.execute(),
        Verb::Test(verb) => verb.execute(),
        Verb::Check(verb) => verb.execute(),
        Verb::Clippy(verb) => verb.execute(),
        Verb::Runner(verb) => verb.execute(),
        Verb::Analyze(verb) => verb.execute(),
        Verb::Explore(verb) => verb.execute(),
        Verb::Report(verb) => verb.execute(),
        Verb::Export(verb) => verb.execute(),
        Verb::Serve(verb) => verb.execute(),
        Verb::CompileModule(verb) => verb.execute(),
        Verb::Completions(verb) => verb.execute(Cli::command()),
    });
    // At once: threads of a guest may still be blocked, and nobody waits for them.
    std::process::exit(code);
}

/// The exit code of a verb. A panic of ours has one of its own: 101 is what a guest's main thread leaves.
fn code_of(verb: impl FnOnce() -> Done) -> i32 {
    match catch_unwind(AssertUnwindSafe(verb)) {
        Ok(Ok(code)) => code,
        Ok(Err(failure)) => {
            tell(format_args!("error: {}", failure.message));
            failure.code
        }
        // The panic's message is out.
        Err(_) => HOST_PANICKED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;

    #[test]
    fn a_panic_of_ours_is_not_taken_for_one_of_the_guest() {
        assert_eq!(code_of(|| Ok(101)), 101);
        assert_eq!(code_of(|| Err(Failure::usage("wrong"))), 2);
        assert_eq!(code_of(|| panic!("a fault of ours")), 70);
    }
}
