//! The tests of a module: what `threadlink runner` does with one that `cargo test` has built.
//!
//! `module` reads what a module says without running it, `records` the descriptions of its tests, and `plain` finds
//! those that cannot be run. `options` and `select` choose, `execute` runs each test in memory of its own, or `explored` under many
//! `schedules`, `verdict` judges, and `report` prints. Where a module has a libtest that runs, `libtest` asks that for its tests. What a module has to say, and what people see, is in `docs/tests.md`.

mod capture;
mod execute;
mod explored;
mod libtest;
mod module;
mod options;
mod plain;
mod records;
mod report;
mod schedules;
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
pub(crate) use explored::EXPLORE_VAR;
use explored::Exploration;
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

/// Runs tests under schedules that libtest runs else, `run_plainly` being how; `None` if there is nothing to do but that.
pub(crate) fn run_under_schedules(
    file: &Path,
    bytes: &[u8],
    args: &[String],
    run_plainly: impl FnOnce() -> Done,
) -> Done {
    let explored = match Module::read(bytes).filter(Module::runs_itself) {
        Some(module) if !args.iter().any(|arg| arg == "--list" || arg == "--help") => {
            let wanted = schedules::schedules(&module.schedules).map_err(Failure::usage)?;
            Exploration::of(file, bytes, wanted, processors(), |name| std::env::var_os(name))?
        }
        _ => None,
    };
    let Some(exploration) = explored else {
        return run_plainly();
    };
    let code = if exploration.takes_all() {
        0
    } else {
        run_plainly()?
    };
    let explored = libtest::run(file, bytes, args, &exploration, FAILED)?;
    Ok(if code == 0 { explored } else { code })
}

fn processors() -> u32 {
    std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(1))
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
        let wanted = schedules::schedules(&module.schedules).map_err(named)?;
        // Tests are run several at once already.
        let jobs = if to_run.len() == 1 { processors() } else { 1 };
        let exploration = Exploration::of(file, bytes, wanted, jobs, |name| std::env::var_os(name))?;
        let setting = Setting {
            exploration: exploration.as_ref(),
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
