//! What `threadlink run` lets a program know of its surroundings, and where its output goes.

use std::num::NonZeroU32;
use std::path::Path;

use clap::{Args, ValueEnum};
use threadlink_host::{RunConfig, Stream};

/// What the program may know and say.
#[derive(Debug, Args)]
pub(crate) struct Allowed {
    /// Give the program no time: its clocks stand at 0
    #[arg(long)]
    no_clock: bool,

    /// Give the program no arguments, not even its own name
    #[arg(long, conflicts_with = "args")]
    no_args: bool,

    /// Tell the program that this many threads can run at once [default: as many as the machine has processors]
    #[arg(long, value_name = "N")]
    parallelism: Option<NonZeroU32>,

    /// Where the program's standard output goes
    #[arg(long, value_enum, value_name = "WHERE", default_value_t = Where::Inherit)]
    stdout: Where,

    /// Where the program's standard error goes, with the messages about threads that die; what this command says in the end
    /// is not part of it
    #[arg(long, value_enum, value_name = "WHERE", default_value_t = Where::Inherit)]
    stderr: Where,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Where {
    /// Where this command's own goes
    Inherit,
    /// Nowhere
    Null,
}

impl From<Where> for Stream {
    fn from(place: Where) -> Stream {
        match place {
            Where::Inherit => Stream::inherit(),
            Where::Null => Stream::discard(),
        }
    }
}

impl Allowed {
    /// What the program finds in its arguments.
    pub(crate) fn arguments(&self, file: &Path, args: Vec<String>) -> Vec<String> {
        if self.no_args {
            return Vec::new();
        }
        arguments(file, args)
    }

    pub(crate) fn apply(&self, config: RunConfig) -> RunConfig {
        let config = config
            .clock(!self.no_clock)
            .stdout(self.stdout)
            .stderr(self.stderr);
        match self.parallelism {
            None => config,
            Some(threads) => config.parallelism(threads),
        }
    }
}

/// What a program finds in its arguments: its own name first, by custom.
pub(crate) fn arguments(file: &Path, args: Vec<String>) -> Vec<String> {
    let name = file.to_string_lossy().into_owned();
    std::iter::once(name).chain(args).collect()
}
