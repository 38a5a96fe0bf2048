//! What stands after `--` in `cargo test ... -- OPTIONS`: libtest's options, as far as they mean something here.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::time::Duration;

use clap::error::{ContextKind, ErrorKind};
use clap::{Parser, ValueEnum};

use crate::allowed::seed_variable;
use crate::failure::Failure;
use crate::output;
use crate::run::seconds;

/// The variable that stands for `--timeout`.
const TIMEOUT_VAR: &str = "THREADLINK_TEST_TIMEOUT";

/// Run the tests of a module: each `#[threadlink::test]` in fresh memory.
#[derive(Debug, Parser)]
#[command(name = "threadlink runner FILE.wasm", max_term_width = 100)]
pub(super) struct Options {
    /// Run the tests whose names contain one of these
    #[arg(value_name = "FILTER")]
    pub(super) filters: Vec<String>,

    /// Names have to be equal to a filter
    #[arg(long)]
    pub(super) exact: bool,

    /// Leave out the tests whose names contain this (with --exact: are this); can be given several times
    #[arg(long, value_name = "FILTER")]
    pub(super) skip: Vec<String>,

    /// Run the ignored tests only
    #[arg(long)]
    pub(super) ignored: bool,

    /// Run the ignored tests too
    #[arg(long, conflicts_with = "ignored")]
    pub(super) include_ignored: bool,

    /// Name the tests instead of running them
    #[arg(long)]
    pub(super) list: bool,

    /// How to show what happens: a line a test, or a letter
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,

    /// The same as `--format terse`
    #[arg(short, long, conflicts_with = "format")]
    quiet: bool,

    /// Show the tests' output while they run, also when they pass
    #[arg(long, alias = "nocapture")]
    no_capture: bool,

    /// Show the output of tests that passed, too
    #[arg(long)]
    pub(super) show_output: bool,

    /// How many tests run at once (default: as many as the machine has processors)
    #[arg(long, value_name = "N")]
    test_threads: Option<NonZeroUsize>,

    /// Seconds after which a test has failed; may be a fraction (default: THREADLINK_TEST_TIMEOUT, else no limit)
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    pub(super) timeout: Option<Duration>,

    /// Seconds of CPU time, of all its threads together, after which a test has failed; may be a fraction (on Linux only)
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    pub(super) cpu_limit: Option<Duration>,

    /// Make the tests' random bytes repeatable: the same for the same number (default: THREADLINK_SEED, else not)
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,

    /// Colour the output
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,

    /// Accepted, since it is what happens anyway: run tests, not benchmarks
    #[arg(long)]
    test: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Pretty,
    Terse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

impl Options {
    /// Reads the options; `None` if they asked for help, which was given. `var` reads the environment.
    pub(super) fn read(
        args: Vec<OsString>,
        var: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Option<Self>, Failure> {
        let program = OsString::from("threadlink");
        let mut options = match Self::try_parse_from(std::iter::once(program).chain(args)) {
            Ok(options) => options,
            Err(error) if error.kind() == ErrorKind::DisplayHelp => {
                output::print(&error.to_string())?;
                return Ok(None);
            }
            Err(error) => return Err(Failure::usage(explain(&error))),
        };
        let text = |name: &str| var(name).map(|value| value.to_string_lossy().into_owned());
        if options.timeout.is_none()
            && let Some(value) = text(TIMEOUT_VAR)
        {
            let limit = seconds(&value).map_err(|clause| {
                Failure::usage(format!("the variable {TIMEOUT_VAR} is `{value}`: {clause}"))
            })?;
            options.timeout = Some(limit);
        }
        if options.seed.is_none() {
            options.seed = seed_variable(&var)?;
        }
        if options.test_threads.is_none()
            && let Some(value) = text("RUST_TEST_THREADS")
        {
            let threads = value.parse().map_err(|_| {
                Failure::usage(format!(
                    "the variable RUST_TEST_THREADS is `{value}`, which is no number of threads above 0"
                ))
            })?;
            options.test_threads = Some(threads);
        }
        // As in libtest: whatever it is set to, except 0.
        options.no_capture |= text("RUST_TEST_NOCAPTURE").is_some_and(|value| value != "0");
        Ok(Some(options))
    }

    pub(super) fn is_terse(&self) -> bool {
        self.quiet || self.format == Some(Format::Terse)
    }

    /// Whether tests write to our own streams.
    pub(super) fn is_live(&self) -> bool {
        self.no_capture
    }

    /// How many tests run at once.
    pub(super) fn threads(&self) -> usize {
        self.test_threads
            .or_else(|| std::thread::available_parallelism().ok())
            .map_or(1, NonZeroUsize::get)
    }
}

/// clap's explanation, in a sentence of ours where it would lead astray.
fn explain(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(word) = error.get(ContextKind::InvalidArg)
    {
        return format!(
            "the tests of a guest have no option `{word}`: `-- --help` lists those they have (what cargo is to know \
             stands before the `--`)"
        );
    }
    let text = error.to_string();
    text.trim().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn read(line: &str, vars: &[(&str, &str)]) -> Result<Options, String> {
        let args = line.split_whitespace().map(OsString::from).collect();
        let var = |name: &str| {
            let found = vars.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        Options::read(args, var)
            .map(|options| options.expect("no help was asked for"))
            .map_err(|failure| failure.message)
    }

    #[test]
    fn the_definition_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn options_of_libtest_mean_the_same() {
        let options = read(
            "one two --exact --skip three --skip=four --include-ignored --nocapture --test-threads=3 --color never",
            &[],
        )
        .expect("all are known");
        assert_eq!(options.filters, ["one", "two"]);
        assert_eq!(options.skip, ["three", "four"]);
        assert!(options.exact && options.include_ignored && options.is_live());
        assert_eq!(options.threads(), 3);
        let limited = read("--cpu-limit 1.5", &[]).expect("known");
        assert_eq!(limited.cpu_limit, Some(Duration::from_millis(1500)));
        assert!(read("--list --format terse", &[]).expect("known").is_terse());
        assert!(read("--quiet", &[]).expect("known").is_terse());
        assert!(read("--no-capture --test", &[]).expect("known").is_live());
    }

    #[test]
    fn variables_stand_for_options_that_are_not_given() {
        let vars = [
            ("RUST_TEST_THREADS", "2"),
            ("THREADLINK_TEST_TIMEOUT", "1.5"),
            ("RUST_TEST_NOCAPTURE", "1"),
            ("THREADLINK_SEED", "18446744073709551615"),
        ];
        let options = read("", &vars).expect("variables are well");
        assert_eq!(options.seed, Some(u64::MAX));
        assert_eq!(options.threads(), 2);
        assert_eq!(options.timeout, Some(Duration::from_millis(1500)));
        assert!(options.is_live());
        let options = read("--test-threads 4 --timeout 2 --seed 3", &vars).expect("options win");
        assert_eq!(options.seed, Some(3));
        assert_eq!(
            (options.threads(), options.timeout),
            (4, Some(Duration::from_secs(2)))
        );
        for vars in [
            [("RUST_TEST_THREADS", "0")],
            [("THREADLINK_TEST_TIMEOUT", "soon")],
            [("THREADLINK_SEED", "-1")],
        ] {
            let error = read("", &vars).expect_err("nonsense");
            assert!(error.contains(vars[0].0) && error.contains(vars[0].1), "{error}");
        }
    }

    #[test]
    fn what_is_unknown_or_contradicts_is_refused_in_a_sentence() {
        for word in ["--bench", "--logfile=x", "-Zunstable-options", "--shuffle"] {
            let error = read(word, &[]).expect_err("unknown");
            assert!(error.contains("no option") && !error.contains('\n'), "{error}");
        }
        for line in [
            "--test-threads 0",
            "--format json",
            "--timeout 0",
            "--ignored --include-ignored",
        ] {
            assert!(read(line, &[]).is_err(), "{line}");
        }
    }
}
