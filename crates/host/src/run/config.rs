//! What a run is given, and why it could not start.

use std::io::Write;
use std::time::{Duration, Instant};

use thiserror::Error;
use threadlink_trace::{Printable, TraceWriter};

use super::stop_handle::StopHandle;
use crate::load::Compiled;

/// Threads that may be alive at once by default, the main thread included.
const MAX_THREADS: usize = 4096;

/// Bytes that the host may remember of a run by default.
const MAX_HOST_MEMORY: u64 = 256 << 20;

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
    pub(super) max_memory: u64,
    pub(super) max_host_memory: u64,
    pub(super) timeout: Option<Duration>,
    pub(super) counted_from: Option<Instant>,
    pub(super) stop: StopHandle,
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
            max_memory: u64::MAX,
            max_host_memory: MAX_HOST_MEMORY,
            timeout: None,
            counted_from: None,
            stop: StopHandle::new(),
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

    /// Bytes that the guest's memory may reach (default: what the engine and the module allow). A program that starts with
    /// more does not run; one that grows further sees its `memory.grow` fail.
    pub fn max_memory(mut self, bytes: u64) -> Self {
        self.max_memory = bytes;
        self
    }

    /// How many bytes the host may spend on what the guest makes it remember (default: 256 MiB): threads that are alive or
    /// were not joined and their names, instances with their tables and collected objects, watched locks, places in the
    /// source, buffers of the trace. The guest's own memory has a limit of its own
    /// ([`max_memory`](Self::max_memory)). When all is spent, a spawn and the growth of a table
    /// fail in the guest, and further locks are not watched.
    ///
    /// A thread that is alive costs about 32 KiB and what its module adds, 128 KiB more if it is recorded; a watched lock or
    /// a thread that nobody joined costs less than 500 bytes. Native stacks of threads are not counted:
    /// [`max_threads`](Self::max_threads) and [`EngineConfig::max_wasm_stack`](crate::EngineConfig::max_wasm_stack) limit
    /// them.
    pub fn max_host_memory(mut self, bytes: u64) -> Self {
        self.max_host_memory = bytes;
        self
    }

    /// Ends the program after this long.
    ///
    /// The run is over within some seconds of that, whatever the program, its threads and its sinks do: threads that are
    /// stuck in a sink that takes nothing are left behind ([`Stats::abandoned_threads`](crate::Stats::abandoned_threads)).
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

    /// Lets other threads end the program.
    pub fn stop_handle(mut self, handle: StopHandle) -> Self {
        self.stop = handle;
        self
    }

    /// Records the run. The writer is finished when the run ends; if the run was ended by its time limit or from outside,
    /// it gets [two seconds](TraceWriter::limit) for that.
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
            .field("max_memory", &self.max_memory)
            .field("max_host_memory", &self.max_host_memory)
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
    #[error(
        "the program's memory could not be set up: {message}; it takes as many addresses as it may grow to, {maximum} bytes, \
         or 4 GiB and more where there were so many when the program was loaded: raise the limit of addresses (ulimit -v), or \
         link the program with a smaller memory (-Clink-arg=--max-memory=BYTES)"
    )]
    NoMemory {
        /// Bytes that it may grow to by what the module and the engine say.
        maximum: u64,
        /// What wasmtime says.
        message: String,
    },
    /// The memory starts larger than it may become.
    #[error(
        "the program's memory starts with {wanted} bytes and its limit is {limit}: raise the limit (--max-memory, \
         RunConfig::max_memory)"
    )]
    MemoryTooLarge {
        /// Bytes that the program starts with.
        wanted: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// The host may not spend enough to start the program.
    #[error("the program could not be started: {message}")]
    NoHostMemory {
        /// What there is no room for.
        message: String,
    },
    /// The operating system gave no thread.
    #[error("the operating system gave no thread for the program: {message}")]
    NoThread {
        /// What it says.
        message: String,
    },
    /// The host has panicked: in a sink of the embedder's, or by a mistake of its own.
    #[error("the host failed while the program ran: {message}")]
    HostFailed {
        /// The panic's message.
        message: String,
    },
    /// The descriptor makes no sense.
    #[error("the module's descriptor (`__threadlink_descriptor`) {clause}")]
    Descriptor {
        /// What is wrong with it.
        clause: String,
    },
}
