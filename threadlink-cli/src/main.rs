//! The `threadlink` command. Parses the command line and hands over: each verb has a file of its own.

#![forbid(unsafe_code)]

mod analyze;
mod build;
mod cli;
mod failure;
mod init;
mod output;
mod run;
mod setup;

use clap::Parser;

use crate::cli::{Cli, Verb};
use crate::output::tell;

fn main() {
    let done = match Cli::parse().verb {
        Verb::Setup(verb) => verb.execute(),
        Verb::Build(verb) => verb.execute(),
        Verb::Init(verb) => verb.execute(),
        Verb::Run(verb) => verb.execute(),
        Verb::Runner(verb) => verb.execute(),
        Verb::Analyze(verb) => verb.execute(),
    };
    let code = done.unwrap_or_else(|failure| {
        tell(format_args!("error: {}", failure.message));
        failure.code
    });
    // At once: threads of a guest may still be blocked, and nobody waits for them.
    std::process::exit(code);
}
