//! What a run is given, and why it could not start.

mod allowed;

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use thiserror::Error;
use threadlink_trace::{Printable, TraceWriter};

use super::input::Input;
use super::random::Random;
use super::stop_handle::StopHandle;
use super::stream::Stream;
use super::texts::Variable;
use crate::numbers::Value;

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
    pub(super) params: Vec<Value>,
    pub(super) args: Vec<String>,
    pub(super) env: Vec<Variable>,
    pub(super) max_threads: usize,
    pub(super) max_memory: u64,
    pub(super) max_host_memory: u64,
    pub(super) timeout: Option<Duration>,
    pub(super) cpu_limit: Option<Duration>,
    pub(super) counted_from: Option<Instant>,
    pub(super) stop: StopHandle,
    pub(super) trace: Option<TraceWriter>,
    pub(super) max_trace: Option<u64>,
    pub(super) clock: bool,
    pub(super) parallelism: Option<NonZeroU32>,
    pub(super) random: Random,
    pub(super) stdin: Input,
    pub(super) stdout: Stream,
    pub(super) stderr: Stream,
    pub(super) max_output: Option<u64>,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl RunConfig {
    /// Calls `_start`, without arguments, environment variables, input, time limit or trace, with at most 4,096 threads alive at
    /// once, and the process's own standard output and error.
    pub fn new() -> Self {
        Self {
            entry: threadlink_abi::exports::START.to_owned(),
            params: Vec::new(),
            args: Vec::new(),
            env: Vec::new(),
            max_threads: MAX_THREADS,
            max_memory: u64::MAX,
            max_host_memory: MAX_HOST_MEMORY,
            timeout: None,
            cpu_limit: None,
            counted_from: None,
            stop: StopHandle::new(),
            trace: None,
            max_trace: None,
            clock: true,
            parallelism: None,
            random: Random::System,
            stdin: Input::none(),
            stdout: Stream::inherit(),
            stderr: Stream::inherit(),
            max_output: None,
        }
    }

    /// The export to call, a function without parameters. [`Outcome::results`](crate::Outcome::results) has what it
    /// returns.
    pub fn entry(self, name: impl Into<String>) -> Self {
        self.invoke(name, [])
    }

    /// The export to call, and the numbers to call it with. Functions that take or return anything else cannot be called, and
    /// the types are checked before the program starts; [`Program::signature`](crate::Program::signature) says what they
    /// are.
    ///
    /// ```
    /// use threadlink_host::{Engine, EngineConfig, RunConfig, Value};
    ///
    /// let module = wat::parse_str(
    ///     r#"(module
    ///         (import "env" "memory" (memory 1 1 shared))
    ///         (func (export "half") (param i32) (result i32 f64)
    ///             (i32.div_u (local.get 0) (i32.const 2))
    ///             (f64.div (f64.convert_i32_u (local.get 0)) (f64.const 2))))"#,
    /// )?;
    /// let program = Engine::new(&EngineConfig::new())?.load(&module)?;
    /// let outcome = program.run(RunConfig::new().invoke("half", [Value::from(7)]))?;
    /// assert_eq!(outcome.results, [Value::I32(3), Value::F64(3.5)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn invoke(mut self, name: impl Into<String>, numbers: impl IntoIterator<Item = Value>) -> Self {
        self.entry = name.into();
        self.params = numbers.into_iter().collect();
        self
    }

    /// The guest's arguments (default: none); by custom the first is the program's name.
    pub fn args(mut self, args: Vec<String>) -> Self {
        self.args = args;
        self
    }

    /// Gives the guest an environment variable (default: it has none). Of two of one name the later one counts. A name that is
    /// empty or has a `=` in it, and a NUL anywhere, make the run fail ([`RunError::Variable`]).
    ///
    /// ```
    /// use threadlink_host::RunConfig;
    ///
    /// let config = RunConfig::new().env("RUST_LOG", "debug").env("TZ", "UTC");
    /// # drop(config);
    /// ```
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push(Variable::new(name.into(), value.into()));
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
    /// source, buffers of the trace and of input. The guest's own memory has a limit of its own
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
    /// stuck in a sink that takes nothing, or a reader that gives nothing, are left behind
    /// ([`Stats::abandoned_threads`](crate::Stats::abandoned_threads)).
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

    /// Ends the program once its threads have used this much CPU time together, those that have ended included: a program
    /// that sleeps uses none, one that computes on two processors twice as much as the clock shows.
    ///
    /// Counted is what the operating system counts for the threads that run the program, in user and kernel code: the guest's
    /// own code, and what the host does for it (calls, instances, searches for deadlocks, on whatever thread they are); not
    /// the loading of the module, nor the threads that write a trace
    /// or wait for input. The sum is looked at when the limit can have been
    /// reached, but at most every 10 ms (every 20 us times the threads, if that is more), so a program may use that much
    /// more on each processor. [`Stats::cpu_time`](crate::Stats::cpu_time) says what it was in the end.
    ///
    /// This is there on Linux, whose clocks of threads count to the nanosecond. On other systems a run with this limit is
    /// refused ([`RunError::NoCpuClock`]).
    pub fn cpu_limit(mut self, limit: Duration) -> Self {
        self.cpu_limit = Some(limit);
        self
    }

    /// Lets other threads end the program.
    pub fn stop_handle(mut self, handle: StopHandle) -> Self {
        self.stop = handle;
        self
    }

    /// Records the run. The writer is finished when the run ends; if the run was ended by a limit of time or from
    /// outside, it gets [two seconds](TraceWriter::limit) for that.
    pub fn trace(mut self, writer: TraceWriter) -> Self {
        self.trace = Some(writer);
        self
    }
}

impl std::fmt::Debug for RunConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunConfig")
            .field("entry", &self.entry)
            .field("params", &self.params)
            .field("args", &self.args)
            .field("env", &self.env)
            .field("max_threads", &self.max_threads)
            .field("max_memory", &self.max_memory)
            .field("max_host_memory", &self.max_host_memory)
            .field("timeout", &self.timeout)
            .field("cpu_limit", &self.cpu_limit)
            .field("clock", &self.clock)
            .field("parallelism", &self.parallelism)
            .field("random", &self.random)
            .field("stdin", &self.stdin)
            .field("stdout", &self.stdout)
            .field("stderr", &self.stderr)
            .field("max_output", &self.max_output)
            .field("max_trace", &self.max_trace)
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
    /// The export takes or returns something else than numbers, or is where threads begin.
    #[error(
        "the export `{}`, of the type {found}, is no entry point: one takes and returns numbers (i32, i64, f32, f64) or nothing, \
         and is not where threads begin",
        Printable(name)
    )]
    EntryType {
        /// The name that was asked for.
        name: String,
        /// Its type.
        found: String,
    },
    /// The export takes other numbers.
    #[error("the export `{}` takes {expected}, and was given {found}", Printable(name))]
    EntryParams {
        /// The name that was asked for.
        name: String,
        /// The types that it takes.
        expected: String,
        /// Those of the numbers that were given.
        found: String,
    },
    /// An environment variable that cannot be one.
    #[error("the environment variable {name:?} cannot be given to the program: {clause}")]
    Variable {
        /// Its name.
        name: String,
        /// What is wrong with it.
        clause: &'static str,
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
    /// A limit for CPU time, on a system on which threadlink cannot count it.
    #[error(
        "this system has no clock for the CPU time of threads that threadlink knows: use a time limit (--timeout)"
    )]
    NoCpuClock,
    /// The operating system gave no thread.
    #[error("the operating system gave no thread for the program: {message}")]
    NoThread {
        /// What it says.
        message: String,
    },
    /// The host has panicked: in a sink of the embedder's, or by a mistake of its own.
    #[error("the host failed while the program ran: {}", Printable(message))]
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
