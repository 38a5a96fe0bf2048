//! What a run is given, and why it could not start.

use std::io::Write;
use std::time::{Duration, Instant};

use thiserror::Error;
use threadlink_trace::{Printable, TraceWriter};

use crate::load::Compiled;

/// Threads that may be alive at once by default, the main thread included.
const MAX_THREADS: usize = 4096;

/// Settings of one run.
///
/// ```
/// use std::time::Duration;
/// use threadlink_host::RunConfig;
///
/// let config = RunConfig::new().max_threads(64).timeout(Duration::from_secs(10));
/// # drop(config);
/// ```
#[must_use]
pub struct RunConfig {
    pub(super) entry: String,
    pub(super) args: Vec<String>,
    pub(super) max_threads: usize,
    pub(super) timeout: Option<Duration>,
    pub(super) counted_from: Option<Instant>,
    pub(super) trace: Option<TraceWriter>,
    pub(super) stdout: Box<dyn Write + Send>,
    pub(super) stderr: Box<dyn Write + Send>,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl RunConfig {
    /// Calls `_start`, without arguments, time limit or trace, with at most 4,096 threads alive at once, and the
    /// process's own standard output and error.
    pub fn new() -> Self {
        Self {
            entry: threadlink_abi::exports::START.to_owned(),
            args: Vec::new(),
            max_threads: MAX_THREADS,
            timeout: None,
            counted_from: None,
            trace: None,
            stdout: Box::new(std::io::stdout()),
            stderr: Box::new(std::io::stderr()),
        }
    }

    /// The export to call, a function `() -> ()`.
    pub fn entry(mut self, name: impl Into<String>) -> Self {
        self.entry = name.into();
        self
    }

    /// The guest's arguments; by custom the first is the program's name.
    pub fn args(mut self, args: Vec<String>) -> Self {
        self.args = args;
        self
    }

    /// How many threads may be alive at once, the main thread included (at least 1). A spawn beyond that fails in
    /// the guest with an error that says so.
    pub fn max_threads(mut self, threads: usize) -> Self {
        self.max_threads = threads.max(1);
        self
    }

    /// Ends the program after this long.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// The moment from which the time limit counts: for callers whose users count loading in (default: when the
    /// program starts).
    pub fn counted_from(mut self, start: Instant) -> Self {
        self.counted_from = Some(start);
        self
    }

    /// Records the run. The writer is finished when the run ends.
    pub fn trace(mut self, writer: TraceWriter) -> Self {
        self.trace = Some(writer);
        self
    }

    /// Where the guest's standard output goes.
    pub fn stdout(mut self, sink: Box<dyn Write + Send>) -> Self {
        self.stdout = sink;
        self
    }

    /// Where the guest's standard error goes, and the messages about its dying threads.
    pub fn stderr(mut self, sink: Box<dyn Write + Send>) -> Self {
        self.stderr = sink;
        self
    }

    /// The entry's name, once it is known to be one.
    pub(super) fn checked_entry(&self, program: &Compiled) -> Result<String, RunError> {
        match program.facts.exported_function(&self.entry) {
            Some(ty) if ty == "() -> ()" => Ok(self.entry.clone()),
            Some(found) => Err(RunError::EntryType {
                name: self.entry.clone(),
                found,
            }),
            None => Err(RunError::NoEntry {
                name: self.entry.clone(),
                known: match program.facts.entry_points.as_slice() {
                    [] => "none; annotate main with #[threadlink::main]".to_owned(),
                    known => known.join(", "),
                },
            }),
        }
    }
}

impl std::fmt::Debug for RunConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunConfig")
            .field("entry", &self.entry)
            .field("args", &self.args)
            .field("max_threads", &self.max_threads)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Why a program did not start.
///
/// ```no_run
/// # fn show(program: &threadlink_host::Program) {
/// let refused = program.run(threadlink_host::RunConfig::new().entry("nothing")).unwrap_err();
/// assert!(matches!(refused, threadlink_host::RunError::NoEntry { .. }));
/// # }
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunError {
    /// No such export.
    #[error(
        "the module has no export `{}` to start at; its entry points: {}",
        Printable(name),
        Printable(known)
    )]
    NoEntry {
        /// The name that was asked for.
        name: String,
        /// What there is instead.
        known: String,
    },
    /// The export takes or returns something.
    #[error(
        "the export `{}` has the type {found}, and an entry point has the type () -> ()",
        Printable(name)
    )]
    EntryType {
        /// The name that was asked for.
        name: String,
        /// Its type.
        found: String,
    },
    /// The memory could not be made.
    #[error("the program's memory could not be set up: {message}")]
    NoMemory {
        /// What wasmtime says.
        message: String,
    },
    /// The operating system gave no thread.
    #[error("the operating system gave no thread for the program: {message}")]
    NoThread {
        /// What it says.
        message: String,
    },
    /// The descriptor makes no sense.
    #[error("the module's descriptor (`__threadlink_descriptor`) {clause}")]
    Descriptor {
        /// What is wrong with it.
        clause: String,
    },
}
