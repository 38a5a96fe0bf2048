//! The command line as a whole. What a verb accepts stands in the verb's file.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand};

use crate::analyze::Analyze;
use crate::build::Build;
use crate::check::{Check, Clippy};
use crate::compiler::CompileModule;
use crate::completions::Completions;
use crate::explore::Explore;
use crate::export::Export;
use crate::init::Init;
use crate::new::New;
use crate::report::Report;
use crate::run::Run;
use crate::runner::Runner;
use crate::serve::Serve;
use crate::setup::Setup;
use crate::test::Test;

/// Multi-threaded Rust on WebAssembly: build programs, run them, see what their locks do.
#[derive(Debug, Parser)]
#[command(name = "threadlink", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Setup(Setup),
    New(New),
    Init(Init),
    Build(Build),
    Run(Box<Run>),
    Test(Test),
    Check(Check),
    Clippy(Clippy),
    Runner(Runner),
    Analyze(Analyze),
    Explore(Box<Explore>),
    Report(Report),
    Export(Export),
    Serve(Serve),
    Completions(Completions),
    #[command(hide = true)]
    CompileModule(CompileModule),
}

/// The error with a hint for words that were meant for the program: clap has one for options only.
pub(crate) fn explained(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    // Only verbs with arguments for somebody else show that.
    let takes_more = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => usage.to_string().contains("[-- <ARGS>...]"),
        _ => false,
    };
    if error.kind() == ErrorKind::UnknownArgument && takes_more && !word.starts_with('-') {
        let hint = format!("what stands after `--` is handed on: `-- {word}`");
        let hints = ContextValue::StyledStrs(vec![hint.into()]);
        error.insert(ContextKind::Suggested, hints);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn refused(line: &str) -> bool {
        Cli::try_parse_from(line.split(' ')).is_err()
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_form_of_the_contract_is_accepted() {
        for line in [
            "threadlink setup",
            "threadlink setup --check",
            "threadlink build",
            "threadlink build --manifest-path x/Cargo.toml -p a --bin b --release --features c,d --panic unwind",
            "threadlink build --lib --panic abort",
            "threadlink build --web --release",
            "threadlink build --web -o a/pkg --lib",
            "threadlink run a.wasm",
            "threadlink run a.wasm --invoke f --trace t --max-threads 4 --timeout 3 -- --its own",
            "threadlink run a.wasm --invoke f 1 -2 0x3 -4.5 --timeout 3",
            "threadlink run --invoke f a.wasm 1 2",
            "threadlink run --invoke f -- 1 2",
            "threadlink run --timeout 0.5 a.wasm",
            "threadlink run --cpu-limit 0.5 a.wasm",
            "threadlink run --max-output 1M --trace t --max-trace 64M a.wasm",
            "threadlink run --no-clock --no-args --no-random --parallelism 4 --stdin null --stdout null --stderr inherit a.wasm",
            "threadlink run --seed 18446744073709551615 --env A=1 --env PATH --env B= a.wasm",
            "threadlink run --max-memory 64M --max-host-memory 1G a.wasm",
            "threadlink run",
            "threadlink run -q a.wasm",
            "threadlink build -v -v --locked --offline --frozen --profile dist --example e --target-dir t -j 3",
            "threadlink run --all-features --no-default-features --example e --jobs default",
            "threadlink test -q --example e --examples --profile dist --locked",
            "threadlink check --workspace --all-targets --message-format json -F a --lib",
            "threadlink clippy -p a --tests --fix -- --deny warnings",
            "threadlink completions bash",
            "threadlink run -p a --bin b --release -F c --trace t -- --its own",
            "threadlink test",
            "threadlink test -p a --lib --bin b --bins --test c --tests --release -F d --panic unwind name -- --exact",
            "threadlink test --no-run --no-fail-fast --manifest-path x/Cargo.toml",
            "threadlink new a",
            "threadlink new ../a --path b",
            "threadlink new a --web",
            "threadlink new a --git https://c/d",
            "threadlink runner a.wasm --its -o wn -- args",
            "threadlink init",
            "threadlink init dir",
            "threadlink analyze t --json",
            "threadlink analyze t --from rapidbin",
            "threadlink export t --format std -o - --requests",
            "threadlink export t --format rapidbin -o t.data",
            "threadlink export t --format perfetto -o t.pftrace",
            "threadlink export t --format csv -o -",
            "threadlink export t --format json -o -",
            "threadlink serve",
            "threadlink serve pkg --port 0 --address ::1 --no-reload",
            "threadlink analyze t --from std --fail-on actual,predicted --max-cycles 9 --max-cycle-length 3",
            "threadlink run a.wasm --analyze --fail-on inversion",
            "threadlink explore a.wasm",
            "threadlink explore -p a --bin b --release --schedules 5 --seconds 0.5 --seed 7 --strategy pct:3,random -- --its own",
            "threadlink explore a.wasm --points plain --early-timeouts --panics main --jobs 2 --keep-going --no-shrink --json",
            "threadlink report t",
            "threadlink report t -o r.html --source src",
            "threadlink report t --no-source",
        ] {
            if let Err(error) = Cli::try_parse_from(line.split(' ')) {
                panic!("{line}: {error}");
            }
        }
    }

    #[test]
    fn contradictions_and_nonsense_are_refused() {
        for line in [
            "threadlink",
            "threadlink build --lib --bin b",
            "threadlink build --panic explode",
            "threadlink build -o pkg",
            "threadlink build --lib --example e",
            "threadlink build --release --profile dist",
            "threadlink build -v -q",
            "threadlink run a.wasm --locked",
            "threadlink completions tcsh",
            "threadlink run a.wasm stray",
            "threadlink run a.wasm --release",
            "threadlink run a.wasm -p a",
            "threadlink new",
            "threadlink report",
            "threadlink report t --source s --no-source",
            "threadlink new a --path b --git c",
            "threadlink test a b",
            "threadlink run a.wasm --timeout 0",
            "threadlink run a.wasm --timeout -1",
            "threadlink run a.wasm --timeout NaN",
            "threadlink run a.wasm --timeout 1e300",
            "threadlink run a.wasm --invoke",
            "threadlink run a.wasm --cpu-limit 0",
            "threadlink run a.wasm --max-trace 1M",
            "threadlink run a.wasm --no-args -- word",
            "threadlink run a.wasm --parallelism 0",
            "threadlink run a.wasm --stdout file",
            "threadlink run a.wasm --max-threads 0",
            "threadlink run a.wasm --max-threads many",
            "threadlink run a.wasm --max-memory lots",
            "threadlink run a.wasm --max-host-memory -1",
            "threadlink runner",
            "threadlink analyze",
            "threadlink export t -o x",
            "threadlink export t --format std",
        ] {
            assert!(refused(line), "{line}");
        }
    }

    #[test]
    fn what_follows_the_file_of_runner_is_the_guests() {
        let line = "threadlink runner a.wasm --help --timeout 3 -- -x";
        let cli = Cli::try_parse_from(line.split(' ')).expect("all of it is the guest's");
        let Verb::Runner(runner) = cli.verb else {
            panic!("not runner")
        };
        let words: Vec<&str> = runner.command.iter().filter_map(|word| word.to_str()).collect();
        assert_eq!(words, ["a.wasm", "--help", "--timeout", "3", "--", "-x"]);
    }
}
