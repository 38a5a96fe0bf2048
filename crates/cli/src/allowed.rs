//! What `threadlink run` lets a program know of its surroundings, and where its output goes.

use std::ffi::{OsStr, OsString};
use std::num::NonZeroU32;
use std::path::Path;

use clap::{Args, ValueEnum};
use threadlink_host::{Input, RunConfig, Stream};

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

    /// Give the program an environment variable, of which it has none otherwise: NAME=VALUE, or NAME for the value that it has
    /// here; can be given several times
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<OsString>,

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

    /// Where the program's standard input comes from
    #[arg(long, value_enum, value_name = "WHERE", default_value_t = Where::Inherit)]
    stdin: Where,

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
    /// Where this command's own is
    Inherit,
    /// Nowhere: output is lost, and input is at its end
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

impl From<Where> for Input {
    fn from(place: Where) -> Input {
        match place {
            Where::Inherit => Input::inherit(),
            Where::Null => Input::none(),
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

    pub(crate) fn apply(&self, config: RunConfig) -> Result<RunConfig, Failure> {
        let mut config = config
            .clock(!self.no_clock)
            .random(!self.no_random)
            .stdin(self.stdin)
            .stdout(self.stdout)
            .stderr(self.stderr);
        if let Some(threads) = self.parallelism {
            config = config.parallelism(threads);
        }
        if let Some(seed) = self.seed {
            config = config.seed(seed);
        }
        for given in &self.env {
            let (name, value) = variable(given, |name| std::env::var_os(name))?;
            config = config.env(name, value);
        }
        Ok(config)
    }
}

/// The name and value that this means, if need be with the value that `var` finds for the name.
fn variable(given: &OsStr, var: impl FnOnce(&str) -> Option<OsString>) -> Result<(String, String), Failure> {
    let no_text = |what: &OsStr| {
        Failure::usage(format!(
            "the environment variable {what:?} is not UTF-8, which those of a guest must be"
        ))
    };
    let text = given.to_str().ok_or_else(|| no_text(given))?;
    if let Some((name, value)) = text.split_once('=') {
        return Ok((name.to_owned(), value.to_owned()));
    }
    // No name of a variable is empty; some systems panic at one.
    let value = if text.is_empty() { None } else { var(text) };
    let value = value.ok_or_else(|| {
        Failure::usage(format!(
            "there is no environment variable {text:?} here to give to the program: `--env NAME=VALUE` gives it one"
        ))
    })?;
    let value = value.into_string().map_err(|value| no_text(&value))?;
    Ok((text.to_owned(), value))
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

/// The variable that names those that a program is given where cargo runs it or its tests, between commas.
const ENV_VAR: &str = "THREADLINK_ENV";
/// What programs are given there anyway begin with: what std, libtest and loggers look at.
const RUST_PREFIX: &str = "RUST_";
/// Rustup's own, for itself.
const RUSTUPS: &str = "RUST_RECURSION_COUNT";

/// The environment variables that a program is given where cargo runs it, of all that there are here.
pub(crate) fn variables(
    all: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Vec<(String, String)>, Failure> {
    let all: Vec<_> = all.collect();
    let named = all.iter().find(|(name, _)| name == ENV_VAR);
    let named = named
        .map(|(_, names)| names.to_string_lossy())
        .unwrap_or_default();
    let named: Vec<&str> = named.split(',').map(str::trim).collect();
    let is_given = |name: &str| (name.starts_with(RUST_PREFIX) && name != RUSTUPS) || named.contains(&name);
    let given = all.iter().filter(|(name, _)| name.to_str().is_some_and(is_given));
    given
        .map(|(name, value)| variable(name, |_| Some(value.clone())))
        .collect()
}

/// What a program finds in its arguments: its own name first, by custom.
pub(crate) fn arguments(file: &Path, args: Vec<String>) -> Vec<String> {
    let name = file.to_string_lossy().into_owned();
    std::iter::once(name).chain(args).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &str) -> Result<(String, String), String> {
        let var = |name: &str| (name == "HERE").then(|| "a=b".into());
        variable(given.as_ref(), var).map_err(|failure| failure.message)
    }

    #[test]
    fn a_variable_has_the_value_that_is_given_or_that_it_has_here() {
        let pair = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(read("A=1"), pair("A", "1"));
        assert_eq!(read("A=1=2"), pair("A", "1=2"));
        assert_eq!(read("A="), pair("A", ""));
        assert_eq!(read("HERE"), pair("HERE", "a=b"));
        assert_eq!(read("HERE=x"), pair("HERE", "x"));
        for missing in ["THERE", ""] {
            let error = read(missing).unwrap_err();
            assert!(error.contains(&format!("{missing:?}")), "{error}");
        }
    }

    #[test]
    fn where_cargo_runs_it_a_program_is_given_what_is_named_and_what_is_rusts() {
        let given = |all: &[(&str, &str)]| {
            let all = all.iter().map(|(name, value)| (name.into(), value.into()));
            let given = variables(all).map_err(|failure| failure.message);
            given.map(|given| given.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
        };
        let here = [
            ("PATH", "/bin"),
            ("RUST_LOG", "a=debug,b=info"),
            ("RUST_RECURSION_COUNT", "1"),
            ("RUSTUP_HOME", "/home"),
            ("A", "1"),
            ("B", "2"),
        ];
        assert_eq!(given(&here), Ok(vec!["RUST_LOG".to_owned()]));
        let with_names = [&here[..], &[("THREADLINK_ENV", "A, B,C")]].concat();
        assert_eq!(
            given(&with_names),
            Ok(["RUST_LOG", "A", "B"].map(str::to_owned).to_vec())
        );
        assert_eq!(given(&[("A", "1"), ("THREADLINK_ENV", "")]), Ok(vec![]));
    }

    #[test]
    #[cfg(unix)]
    fn a_variable_that_is_no_text_is_refused() {
        use std::os::unix::ffi::OsStrExt;
        let no_text = || OsStr::from_bytes(b"\xff").to_owned();
        for given in [OsStr::from_bytes(b"A=\xff"), OsStr::new("A")] {
            let failure = variable(given, |_| Some(no_text())).unwrap_err();
            assert!(failure.message.contains("not UTF-8"), "{}", failure.message);
        }
    }
}
