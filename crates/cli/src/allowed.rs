//! What `threadlink run` lets a program know of its surroundings, and where its output goes.

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::path::Path;

use clap::{Args, ValueEnum};
use threadlink_host::{RunConfig, Stream};

use crate::failure::Failure;

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

    /// Make the program's random bytes repeatable: the same for the same number, in each thread by itself. No keys should be
    /// made of them
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Give the program no random bytes
    #[arg(long, conflicts_with = "seed")]
    no_random: bool,

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
        let mut config = config
            .clock(!self.no_clock)
            .random(!self.no_random)
            .stdout(self.stdout)
            .stderr(self.stderr);
        if let Some(threads) = self.parallelism {
            config = config.parallelism(threads);
        }
        if let Some(seed) = self.seed {
            config = config.seed(seed);
        }
        config
    }
}

/// The variable that stands for `--seed` where cargo runs a program or its tests.
const SEED_VAR: &str = "THREADLINK_SEED";

/// What that variable says, if it is set. `var` reads the environment.
pub(crate) fn seed_variable(var: impl Fn(&str) -> Option<OsString>) -> Result<Option<u64>, Failure> {
    let Some(value) = var(SEED_VAR) else {
        return Ok(None);
    };
    let value = value.to_string_lossy();
    let seed = value.parse().map_err(|_| {
        Failure::usage(format!(
            "the variable {SEED_VAR} is `{value}`, which is no whole number from 0 to {}",
            u64::MAX
        ))
    })?;
    Ok(Some(seed))
}

/// What a program finds in its arguments: its own name first, by custom.
pub(crate) fn arguments(file: &Path, args: Vec<String>) -> Vec<String> {
    let name = file.to_string_lossy().into_owned();
    std::iter::once(name).chain(args).collect()
}
