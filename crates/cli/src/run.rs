//! `threadlink run`: a module, or the module that the package here builds to, on our host.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use clap::Args;
use threadlink_host::{Engine, EngineConfig, LoadError, Program, RunConfig};
use threadlink_trace::TraceWriter;

use crate::build::{self, Wanted};
use crate::failure::{Done, Failure};
use crate::output::tell;
use crate::size;

/// The exit code of a program that ran too long.
const TIMED_OUT: i32 = 124;

/// Run a threaded wasm module: FILE.wasm, or without one the package here, which is built first.
///
/// Exit codes: the program's own; 101 if its main thread panicked, 134 if it trapped, 3 for a deadlock, 124 if the
/// time limit was reached, 2 for bad usage or a module that cannot be run.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The module
    #[arg(value_name = "FILE.wasm", conflicts_with = "Wanted")]
    file: Option<PathBuf>,

    #[command(flatten)]
    wanted: Wanted,

    /// Call this export, a function without parameters or results, instead of `_start`
    #[arg(long, value_name = "EXPORT")]
    invoke: Option<String>,

    /// Record the run in this file, for `threadlink analyze`; lock events appear if the module was built with
    /// the feature `tracing`, which is added if it is built now
    #[arg(long, value_name = "OUT")]
    trace: Option<PathBuf>,

    /// How many threads may be alive at once, the main thread included
    #[arg(long, value_name = "N")]
    max_threads: Option<NonZeroUsize>,

    /// How far the program's memory may grow: bytes, or with one of the letters K, M and G (of 1024)
    #[arg(long, value_name = "SIZE", value_parser = size::bytes)]
    max_memory: Option<u64>,

    /// How much the host may remember of the program besides: its threads, instances, tables, locks [default: 256M]
    #[arg(long, value_name = "SIZE", value_parser = size::bytes)]
    max_host_memory: Option<u64>,

    /// End the program after this many seconds, compiling included; may be a fraction
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    timeout: Option<Duration>,

    /// The program's arguments
    #[arg(last = true, value_name = "ARGS")]
    args: Vec<String>,
}

impl Run {
    pub(crate) fn execute(self) -> Done {
        let file = match self.file {
            Some(file) => file,
            None => build::module(&self.wanted.traced(self.trace.is_some()))?,
        };
        let mut config = RunConfig::new().args(arguments(&file, self.args));
        if let Some(export) = self.invoke {
            config = config.entry(export);
        }
        if let Some(limit) = self.max_threads {
            config = config.max_threads(limit.get());
        }
        if let Some(limit) = self.max_memory {
            config = config.max_memory(limit);
        }
        if let Some(limit) = self.max_host_memory {
            config = config.max_host_memory(limit);
        }
        run(&file, &read(&file)?, config, self.timeout, self.trace.as_deref())
    }
}

/// The bytes of a module.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file)
        .map_err(|error| Failure::usage(format!("cannot read the module {}: {error}", file.display())))
}

/// Runs a program to its end: the module `bytes`, which was read from `file`.
pub(crate) fn run(
    file: &Path,
    bytes: &[u8],
    mut config: RunConfig,
    limit: Option<Duration>,
    trace: Option<&Path>,
) -> Done {
    // This process exits when the program ends, which stops its threads without a check in their loops.
    let engine = Engine::new(&EngineConfig::new().interruptible(false))
        .map_err(|error| Failure::usage(error.to_string()))?;
    let started = Instant::now();
    let program = match limit {
        None => engine.load(bytes),
        Some(limit) => match load_within(engine, bytes.to_vec(), limit) {
            Ok(loaded) => loaded,
            Err(RecvTimeoutError::Timeout) => {
                let seconds = limit.as_secs_f64();
                tell(format_args!(
                    "timeout: the module was still being compiled after {seconds} s"
                ));
                return Ok(TIMED_OUT);
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::usage(format!(
                    "{}: the compiler gave up on the module",
                    file.display()
                )));
            }
        },
    };
    let program = program.map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    if let Some(limit) = limit {
        config = config.timeout(limit).counted_from(started);
    }
    if let Some(path) = trace.filter(|path| same_file(path, file)) {
        let path = path.display();
        return Err(Failure::usage(format!(
            "the trace would overwrite the module {path}: name another file"
        )));
    }
    // After the module, so that one that cannot run does not cost an older trace; before the program runs.
    if let Some(path) = trace {
        config = config.trace(TraceWriter::create(path).map_err(|error| Failure::usage(error.to_string()))?);
    }
    let outcome = program
        .run(config)
        .map_err(|error| Failure::usage(error.to_string()))?;

    let report = outcome.end.to_string();
    if !report.is_empty() {
        tell(report.trim_end());
    }
    if let Some(Err(error)) = &outcome.trace {
        tell(format_args!("warning: the trace is incomplete: {error}"));
    }
    Ok(outcome.end.exit_code())
}

/// Loads a module on another thread, which is left behind if it takes longer than `limit`: the process is about to exit
/// then.
fn load_within(
    engine: Engine,
    bytes: Vec<u8>,
    limit: Duration,
) -> Result<Result<Program, LoadError>, RecvTimeoutError> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(engine.load(&bytes)));
    receiver.recv_timeout(limit)
}

/// Whether both paths lead to one file that exists.
fn same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// What a program finds in its arguments: its own name first, by custom.
pub(crate) fn arguments(file: &Path, args: Vec<String>) -> Vec<String> {
    let name = file.to_string_lossy().into_owned();
    std::iter::once(name).chain(args).collect()
}

/// A positive number of seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(number)
        .ok()
        .filter(|limit| !limit.is_zero())
        .ok_or_else(|| "seconds must be positive and not astronomical".to_owned())
}
