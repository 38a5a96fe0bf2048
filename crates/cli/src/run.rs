//! `threadlink run`: a module, or the module that the package here builds to, on our host.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use clap::Args;
use threadlink_analysis::Bounds;
use threadlink_host::{End, Engine, EngineConfig, Imports, Points, Program, RunConfig, RunError, StopHandle};
use threadlink_trace::{Printable, Trace, TraceWriter};

use crate::allowed::Allowed;
use crate::attended::{self, Attended};
use crate::build::{self, Options, Verbosity, Wanted};
use crate::code_cache::{self, with_cache};
use crate::compiler::{MEMORY_FOR_COPY, with_compiler};
use crate::failure::{Done, Failure, HOST_PANICKED};
use crate::invoke::Invoke;
use crate::output::{self, tell_at_last};
use crate::progress::Progress;
use crate::races::{self, RACED};
use crate::signals::Signals;
use crate::size::{self, OWN_HOST_MEMORY};
use crate::verdict::FailOn;

/// The exit code of a program that ran too long.
const TIMED_OUT: i32 = 124;
/// The exit code of a program that was stopped by no signal that is known.
const STOPPED: i32 = 130;

/// Run a threaded wasm module: FILE.wasm, or without one the package here, which is built first.
///
/// Exit codes: the program's own; 101 if its main thread panicked, 134 if it trapped, 3 for a deadlock, 124 if a limit for
/// time, CPU time or output was reached, 130 after Ctrl-C and 143 after SIGTERM, 2 for bad usage or a module that cannot be run,
/// 70 if the command itself failed; 66 if there was a data race that `--races` looks for; what `--fail-on` says for a program that succeeded. A code of the program whose low 8 bits are 0, though it is not, is 255.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The module
    #[arg(value_name = "FILE.wasm", conflicts_with_all = ["Wanted", "Options"])]
    file: Option<PathBuf>,

    #[command(flatten)]
    wanted: Wanted,

    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    verbosity: Verbosity,

    /// Call this export instead of `_start`, with these numbers, and print what it returns, each number on a line. They are
    /// read by the export's type: whole ones may be hexadecimal (0xff), floats have a point or an exponent if they like
    #[arg(long, num_args = 1.., value_names = ["EXPORT", "NUMBERS"], allow_negative_numbers = true)]
    invoke: Vec<String>,

    /// Record the run in this file, for `threadlink analyze`; lock events appear if the module was built with
    /// the feature `tracing`, which is added if it is built now
    #[arg(long, value_name = "OUT")]
    trace: Option<PathBuf>,

    /// Record the run, in a file that is removed afterwards unless `--trace` names one, and report at its end on standard error
    /// what the trace tells, as `threadlink analyze` does
    #[arg(long)]
    analyze: bool,

    #[command(flatten)]
    fail_on: FailOn,

    /// How many threads may be alive at once, the main thread included
    #[arg(long, value_name = "N")]
    max_threads: Option<NonZeroUsize>,

    /// How far the program's memory may grow: bytes, or with one of the letters K, M and G (of 1024)
    #[arg(long, value_name = "SIZE", value_parser = size::bytes)]
    max_memory: Option<u64>,

    /// How much the host may remember of the program besides: its threads, instances, tables, locks [default: 256M
    /// for FILE.wasm, else 2G]
    #[arg(long, value_name = "SIZE", value_parser = size::bytes)]
    max_host_memory: Option<u64>,

    /// How much stack the engine has for each thread's calls; a thread's own stack, in the program's memory, is as large as
    /// the program says [default: 512K]
    #[arg(long, value_name = "SIZE", value_parser = size::bytes)]
    max_wasm_stack: Option<u64>,

    /// How much memory compiling the module may take, as estimated before [default: 480M for FILE.wasm, or 4G with `--races`, else no limit]
    #[arg(long, value_name = "SIZE", value_parser = size::bytes)]
    max_compile_memory: Option<u64>,

    /// End the program after this many seconds, counted from the start of this command, or from the end of the build if
    /// there is one: loading and compiling the module are included; may be a fraction
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    timeout: Option<Duration>,

    /// End the program once its threads have used this many seconds of CPU time together; may be a fraction. Loading the
    /// module is not included (on Linux only)
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    cpu_limit: Option<Duration>,

    /// How much the program may write to its standard output and error together; what goes beyond is cut, and ends the
    /// program [default: no limit]
    #[arg(long, value_name = "SIZE", value_parser = size::bytes)]
    max_output: Option<u64>,

    /// How large the trace may become; it ends there, and the program goes on [default: no limit]
    #[arg(long, value_name = "SIZE", value_parser = size::bytes, requires = "trace")]
    max_trace: Option<u64>,

    /// Compile the module, though its code may be kept from an earlier time, and keep nothing. Otherwise code is kept in the
    /// user's cache; `threadlink setup --list` says how much, and the variable THREADLINK_CACHE_SIZE how much there may be
    /// [default: 512M]
    #[arg(long)]
    no_cache: bool,

    /// Look for data races: accesses of the same memory by two threads that nothing orders. The program's threads run one at a
    /// time, many times slower, and time is virtual. Each race is told once, on standard error
    #[arg(long, conflicts_with_all = ["invoke", "trace", "analyze", "FailOn", "timeout", "cpu_limit", "max_trace"])]
    races: bool,

    #[command(flatten)]
    allowed: Allowed,

    /// The program's arguments
    #[arg(last = true, value_name = "ARGS")]
    args: Vec<String>,
}

impl Run {
    pub(crate) fn execute(self) -> Done {
        let started = Instant::now();
        let (invoke, module) = Invoke::read(self.invoke, self.file);
        if let Some(word) = module.as_deref().filter(|file| is_no_file(file)) {
            let word = word.display();
            return Err(Failure::usage(format!(
                "there is no module {word}; if that is an argument for the program of the package here: `threadlink run -- \
                 {word}`"
            )));
        }
        if module.is_some() && (self.wanted != Wanted::default() || self.options != Options::default()) {
            return Err(Failure::usage(
                "a module is run as it is: options for building it go without FILE.wasm",
            ));
        }
        // A program that succeeds may still fail for what its trace tells.
        let judged = self.analyze || self.fail_on.is_given();
        let folder = judged
            .then(tempfile::tempdir)
            .transpose()
            .map_err(|error| Failure::usage(format!("there is no folder for the trace: {error}")))?;
        let trace = self
            .trace
            .clone()
            .or_else(|| Some(folder.as_ref()?.path().join("run.trace")));
        // Who builds a program here has just compiled far more.
        let own = module.is_none();
        let (file, since) = match module {
            Some(file) => (file, started),
            None => {
                let options = self.options.traced(self.trace.is_some() || judged);
                (
                    build::module(&self.wanted, &options, self.verbosity)?,
                    Instant::now(),
                )
            }
        };
        let mut config = RunConfig::new().args(self.allowed.arguments(&file, self.args.clone()));
        config = self.allowed.apply(config)?;
        if let Some(limit) = self.max_output {
            config = config.max_output(limit);
        }
        if let Some(limit) = self.max_trace {
            config = config.max_trace(limit);
        }
        if let Some(limit) = self.max_threads {
            config = config.max_threads(limit.get());
        }
        if let Some(limit) = self.max_memory {
            config = config.max_memory(limit);
        }
        if let Some(limit) = self.max_host_memory.or(own.then_some(OWN_HOST_MEMORY)) {
            config = config.max_host_memory(limit);
        }
        if let Some(limit) = self.cpu_limit {
            config = config.cpu_limit(limit);
        }
        let mut engine = EngineConfig::new();
        if let Some(bytes) = self.max_wasm_stack {
            engine = engine.max_wasm_stack(usize::try_from(bytes).unwrap_or(usize::MAX));
        }
        let unless_said = match self.races {
            _ if own => Some(u64::MAX),
            true => Some(MEMORY_FOR_COPY),
            false => None,
        };
        if let Some(limit) = self.max_compile_memory.or(unless_said) {
            engine = engine.max_compile_memory(limit);
        }
        if self.races {
            return run_for_races(&file, engine, config);
        }
        if !self.no_cache {
            engine = with_cache(engine)?;
        }
        let loading = Loading {
            engine,
            verbose: self.verbosity.verbose > 0,
            quiet: self.verbosity.quiet,
        };
        let limit = self.timeout.map(|limit| Limit { since, limit });
        let path = file.clone();
        let call = |program: &Program, config: RunConfig| match &invoke {
            None => Ok(config),
            Some(invoke) => invoke.apply(program, config, &self.args),
        };
        let code = run(
            &file,
            move || read(&path),
            loading,
            call,
            config,
            limit,
            trace.clone(),
        )?;
        match trace.filter(|trace| judged && trace.exists()) {
            Some(trace) => judge(&trace, self.analyze, &self.fail_on, code),
            None => Ok(code),
        }
    }
}

/// Runs a program whose accesses of memory are watched.
fn run_for_races(file: &Path, engine: EngineConfig, config: RunConfig) -> Done {
    let refused = |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", file.display()));
    let engine = Engine::new(&with_compiler(engine.interruptible(false)));
    let engine = engine.map_err(|error| refused(&error))?;
    let program = engine
        .load_explorable_for_races(read(file)?, Points::All, &races::libraries(), &StopHandle::new())
        .map_err(|error| refused(&error))?;
    races::note(&program);
    let outcome = program
        .run_for_races(config, |race| output::tell(race.to_string().trim_end()))
        .map_err(|error| Failure::usage(refusal(&error)))?;
    let report = outcome.end.to_string();
    if !report.is_empty() {
        tell_at_last(report.trim_end());
    }
    if outcome.forgotten > 0 {
        output::tell(format_args!(
            "note: there were more accesses than can be remembered: {} times all of them were forgotten, and races may have been \
             missed",
            outcome.forgotten
        ));
    }
    Ok(match outcome.races {
        0 => outcome.end.exit_code(),
        count => {
            let plural = if count == 1 { "" } else { "s" };
            output::tell(format_args!("{count} data race{plural}"));
            RACED
        }
    })
}

/// What the trace of a run that has ended with this code tells, and the exit code for both.
fn judge(trace: &Path, tells: bool, fail_on: &FailOn, code: i32) -> Done {
    let trace = Trace::open(trace).map_err(|error| Failure::usage(error.to_string()))?;
    let Attended { report, stopped } = attended::report(&trace, Bounds::default())?;
    if tells {
        tell_at_last(report.to_string().trim_end());
    }
    Ok(match code {
        0 => stopped.unwrap_or_else(|| fail_on.code(&report)),
        code => code,
    })
}

/// Whether this is no module that is missing, but something else: it neither exists nor is called like one.
fn is_no_file(file: &Path) -> bool {
    !file.exists() && file.extension().is_none()
}

/// The bytes of a module.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file)
        .map_err(|error| Failure::usage(format!("cannot read the module {}: {error}", file.display())))
}

/// How long a program may take, and since when.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    since: Instant,
    limit: Duration,
}

/// How a module is loaded.
pub(crate) struct Loading {
    pub(crate) engine: EngineConfig,
    /// Whether it is said where its code comes from.
    pub(crate) verbose: bool,
    /// Whether nothing is said that is no failure.
    pub(crate) quiet: bool,
}

/// What happens before a program runs.
enum Event {
    Prepared(Result<(Program, Option<TraceWriter>), Failure>),
    Signal,
}

/// Runs a program to its end: the module whose bytes `bytes` gets, called `file`. What depends on the program, `call` adds to
/// the configuration.
pub(crate) fn run(
    file: &Path,
    bytes: impl FnOnce() -> Result<Vec<u8>, Failure> + Send + 'static,
    loading: Loading,
    call: impl FnOnce(&Program, RunConfig) -> Result<RunConfig, Failure>,
    config: RunConfig,
    limit: Option<Limit>,
    trace: Option<PathBuf>,
) -> Done {
    let stop = StopHandle::new();
    let (sender, events) = mpsc::channel();
    let (stopping, signal) = (stop.clone(), sender.clone());
    let signals = Signals::catch(move || {
        // Before a load that this stops has anything to say.
        let _ = signal.send(Event::Signal);
        stopping.stop();
    })
    .map_err(|error| Failure::usage(format!("cannot listen to signals: {error}")))?;

    // On a thread that is left behind if it takes too long: the process is about to exit then.
    let (path, stop_loading) = (file.to_owned(), stop.clone());
    // What a check in each loop costs matters less than where a program hangs that has a limit.
    let locatable = limit.is_some();
    let Loading {
        engine,
        verbose,
        quiet,
    } = loading;
    let work = move || {
        let prepared = catch_unwind(AssertUnwindSafe(|| {
            let engine = with_compiler(engine.locatable(locatable));
            prepare(&path, bytes, engine, &stop_loading, trace.as_deref())
        }));
        let panicked = |_| {
            let message = format!("{}: the host panicked while it loaded the module", path.display());
            Err(Failure {
                code: HOST_PANICKED,
                message,
            })
        };
        let _ = sender.send(Event::Prepared(prepared.unwrap_or_else(panicked)));
    };
    std::thread::Builder::new()
        .name("load".to_owned())
        .spawn(work)
        .map_err(|error| Failure::usage(format!("the system gives no thread to load the module: {error}")))?;
    let event = wait(&events, limit, Progress::new(compiling(file), quiet));
    let (program, trace) = match event {
        Ok(Event::Prepared(prepared)) => prepared?,
        Ok(Event::Signal) => {
            tell_at_last("stopped: the module was still being loaded");
            return Ok(signals.caught().unwrap_or(STOPPED));
        }
        Err(RecvTimeoutError::Timeout) => {
            // A process that compiles is no more, then.
            stop.stop();
            let seconds = limit.map_or(0.0, |limit| limit.limit.as_secs_f64());
            tell_at_last(&format!(
                "timeout: the module was still being loaded after {seconds} s"
            ));
            return Ok(TIMED_OUT);
        }
        Err(RecvTimeoutError::Disconnected) => {
            return Err(Failure::usage(format!(
                "{}: loading ended without a result",
                file.display()
            )));
        }
    };

    code_cache::report(program.code_source(), verbose);
    let mut config = call(&program, config)?.stop_handle(stop);
    if let Some(Limit { since, limit }) = limit {
        config = config.timeout(limit).counted_from(since);
    }
    if let Some(writer) = trace {
        if !program.is_traced() {
            output::tell(format_args!(
                "warning: nothing in the module tells of locks, so its trace has threads only: if it has any, build it with \
                 `threadlink build --trace`, or leave that to `threadlink run --trace` without a file"
            ));
        }
        config = config.trace(writer);
    }
    let outcome = program
        .run(config)
        .map_err(|error| Failure::usage(refusal(&error)))?;

    let mut report = outcome.end.to_string();
    if let Some(Err(error)) = &outcome.trace {
        let _ = writeln!(report, "warning: the trace is incomplete: {error}");
    }
    if !report.is_empty() {
        tell_at_last(report.trim_end());
    }
    for result in &outcome.results {
        output::print(&format!("{result}\n"))?;
    }
    Ok(match outcome.end {
        End::Stopped { .. } => signals.caught().unwrap_or(STOPPED),
        end => end.exit_code(),
    })
}

/// What is done before a module runs, for people.
fn compiling(file: &Path) -> String {
    let name = file.file_name().unwrap_or(file.as_os_str());
    format!("compiling {}", Printable(&name.to_string_lossy()))
}

/// Waits for what happens, within the limit if there is one, and says meanwhile that it takes long.
fn wait(
    events: &Receiver<Event>,
    limit: Option<Limit>,
    mut progress: Progress,
) -> Result<Event, RecvTimeoutError> {
    let begun = Instant::now();
    loop {
        let left = limit.map(|limit| limit.limit.saturating_sub(limit.since.elapsed()));
        let line = progress.until(begun.elapsed());
        let Some(patience) = left.into_iter().chain(line).min() else {
            return events.recv().map_err(RecvTimeoutError::from);
        };
        match events.recv_timeout(patience) {
            Err(RecvTimeoutError::Timeout) if left.is_none_or(|left| left > patience) => {
                progress.show(begun.elapsed());
            }
            event => return event,
        }
    }
}

/// Why a program was not started, with the option that helps.
fn refusal(error: &RunError) -> String {
    match error {
        RunError::NoEntry { .. } => format!("{error}; choose one with `--invoke NAME`"),
        _ => error.to_string(),
    }
}

/// Loads the module and opens the trace.
fn prepare(
    file: &Path,
    bytes: impl FnOnce() -> Result<Vec<u8>, Failure>,
    engine: EngineConfig,
    stop: &StopHandle,
    trace: Option<&Path>,
) -> Result<(Program, Option<TraceWriter>), Failure> {
    // This process exits when the program ends, which stops its threads without a check in their loops.
    let engine =
        Engine::new(&engine.interruptible(false)).map_err(|error| Failure::usage(error.to_string()))?;
    let program = engine
        .load_owned(bytes()?, &Imports::new(), stop)
        .map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    if let Some(path) = trace.filter(|path| same_file(path, file)) {
        let path = path.display();
        return Err(Failure::usage(format!(
            "the trace would overwrite the module {path}: name another file"
        )));
    }
    // After the module, so that one that cannot run does not cost an older trace; before the program runs.
    let writer = trace
        .map(TraceWriter::create)
        .transpose()
        .map_err(|error| Failure::usage(error.to_string()))?;
    Ok((program, writer))
}

/// Whether both paths lead to one file that exists.
fn same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// A positive number of seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(number)
        .ok()
        .filter(|limit| !limit.is_zero())
        .ok_or_else(|| "seconds must be positive and not astronomical".to_owned())
}
