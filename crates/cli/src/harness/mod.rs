//! The tests of a module: what `threadlink runner` does with one that `cargo test` has built.
//!
//! `module` reads what a module says without running it, `records` the descriptions of its tests, and `plain` finds
//! those that cannot be run. `options` and `select` choose, `execute` runs each test in memory of its own, `verdict`
//! judges, and `report` prints. What a module has to say, and what people see, is in `docs/tests.md`.

mod capture;
mod execute;
mod module;
mod options;
mod plain;
mod records;
mod report;
mod select;
mod verdict;

use std::ffi::OsString;
use std::path::Path;
use std::time::Instant;

use threadlink_host::{Engine, EngineConfig};

use crate::allowed::variables;
use crate::code_cache::{self, with_cache};
use crate::failure::{Done, Failure};
use crate::test_traces::Folder;
use execute::{Event, Setting};
use module::Module;
use options::Options;
use records::Test;
use report::Report;

/// Exit code if a test has failed: libtest's.
const FAILED: i32 = 101;

/// Runs the tests of the module `bytes`, which was read from `file`; `None` if it is a program, not a build of tests.
pub(crate) fn run_tests(file: &Path, bytes: &[u8], args: &[OsString]) -> Option<Done> {
    let module = Module::read(bytes)?;
    // One by one, rustdoc builds them as programs, which start themselves only over a std with threads.
    let is_one = file.file_name().is_some_and(|name| name == RUSTDOCS) && !module.starts();
    if is_one {
        return Some(Err(doctests()));
    }
    module.is_test().then(|| run(file, bytes, &module, args))
}

/// What rustdoc calls what it builds.
const RUSTDOCS: &str = "rust_out.wasm";

fn doctests() -> Failure {
    Failure {
        code: FAILED,
        message:
            "documentation tests do not run on a guest: run them natively with `cargo test --doc`, and leave \
                  them out here with `--tests`, which stands for all other targets"
                .to_owned(),
    }
}

fn run(file: &Path, bytes: &[u8], module: &Module<'_>, args: &[OsString]) -> Done {
    if module.is_doctests() {
        return Err(doctests());
    }
    let named = |message: String| Failure::usage(format!("{}: {message}", file.display()));
    let Some(options) = Options::read(args.to_vec(), |name| std::env::var_os(name))? else {
        return Ok(0);
    };
    let tests = records::tests(module).map_err(named)?;
    let plain = plain::find(module, &tests);
    let selection = select::select(&options, &tests, &plain.names);
    let mut report = Report::new(&options);
    if options.list {
        report.list(&selection, &plain)?;
        return Ok(0);
    }
    let (to_run, ignored): (Vec<&Test>, Vec<&Test>) = selection
        .chosen
        .iter()
        .partition(|test| select::is_run(&options, test));
    report.begin(&selection, &ignored)?;
    let started = Instant::now();
    if !to_run.is_empty() {
        // Interruptible: the other tests go on when one has ended with threads left.
        let engine = with_cache(EngineConfig::new().max_compile_memory(u64::MAX))?;
        let engine = Engine::new(&engine).map_err(|error| Failure::usage(error.to_string()))?;
        let program = engine.load(bytes).map_err(|error| named(error.to_string()))?;
        code_cache::report(program.code_source(), false);
        let setting = Setting {
            program: &program,
            args: vec![file.to_string_lossy().into_owned()],
            timeout: options.timeout,
            cpu_limit: options.cpu_limit,
            seed: options.seed,
            live: options.is_live(),
            variables: variables(std::env::vars_os())?,
            threads: options.threads(),
            traces: Folder::of(file),
        };
        let announces = setting.threads == 1;
        execute::execute(&setting, &to_run, |event| match event {
            Event::Started(test) => report.started(test),
            Event::Ended(ended) => report.ended(ended, announces),
        })?;
    }
    let well = report.finish(&plain, !tests.is_empty(), started.elapsed())?;
    Ok(if well { 0 } else { FAILED })
}
