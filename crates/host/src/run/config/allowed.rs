//! What a guest may know, and how much it may say.

use std::num::NonZeroU32;

use super::RunConfig;
use crate::run::input::Input;
use crate::run::random::Random;
use crate::run::stream::Stream;

impl RunConfig {
    /// Whether the guest may read the clocks (default: yes). If not, both stand still: `clock_monotonic` and
    /// `clock_realtime` return 0.
    ///
    /// To a program the time is then always the same: `Instant::now()` is one instant, `SystemTime::now()` is the beginning
    /// of 1970, and what repeats a wait until some instant (a `recv_timeout`, a `try_lock_for`) has no limit. Plain waits
    /// with a limit, as of `sleep`, `park_timeout` and `Condvar::wait_timeout`, end when it is over; so a program
    /// with threads can still count roughly how time passes.
    ///
    /// ```
    /// use threadlink_host::{Engine, EngineConfig, RunConfig};
    ///
    /// let module = wat::parse_str(
    ///     r#"(module
    ///         (import "env" "memory" (memory 1 1 shared))
    ///         (import "threadlink" "clock_realtime" (func $clock (result i64)))
    ///         (import "threadlink" "exit" (func $exit (param i32)))
    ///         (func (export "_start") (call $exit (i64.ne (call $clock) (i64.const 0)))))"#,
    /// )?;
    /// let program = Engine::new(&EngineConfig::new())?.load(&module)?;
    /// assert_eq!(program.run(RunConfig::new())?.end.exit_code(), 1);
    /// assert_eq!(program.run(RunConfig::new().clock(false))?.end.exit_code(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clock(mut self, yes: bool) -> Self {
        self.clock = yes;
        self
    }

    /// How many threads the guest is told that can run at once (`available_parallelism`; default: what this machine has).
    /// It may start more, up to [`max_threads`](Self::max_threads).
    pub fn parallelism(mut self, threads: NonZeroU32) -> Self {
        self.parallelism = Some(threads);
        self
    }

    /// Whether the guest gets random bytes (default: yes, the system's). If not, `random_get` returns an error number (76).
    /// Of this and [`seed`](Self::seed) the last one counts.
    pub fn random(mut self, yes: bool) -> Self {
        self.random = if yes { Random::System } else { Random::None };
        self
    }

    /// Makes the guest's random bytes repeatable, and guessable: no keys should be made of them.
    ///
    /// Each thread has a stream of its own. That of the main thread follows from the seed; that of another one from its
    /// spawner's, and from how many threads the spawner had started before. So what a thread gets does not depend on how fast
    /// others are: in two runs with one seed, threads that make the same calls in the same order get the same bytes, as long
    /// as they spawn the same threads in the same order. Another release may have other bytes for a seed.
    ///
    /// ```
    /// use threadlink_host::{Engine, EngineConfig, RunConfig, Stream};
    ///
    /// let module = wat::parse_str(
    ///     r#"(module
    ///         (import "env" "memory" (memory 1 1 shared))
    ///         (import "threadlink" "random_get" (func $random (param i32 i32) (result i32)))
    ///         (import "threadlink" "write" (func $write (param i32 i32 i32) (result i32)))
    ///         (func (export "_start")
    ///             (drop (call $random (i32.const 16) (i32.const 32)))
    ///             (drop (call $write (i32.const 1) (i32.const 16) (i32.const 32)))))"#,
    /// )?;
    /// let program = Engine::new(&EngineConfig::new())?.load(&module)?;
    /// let bytes = |config: RunConfig| program.run(config.stdout(Stream::capture())).map(|outcome| outcome.stdout);
    /// assert_eq!(bytes(RunConfig::new().seed(7))?, bytes(RunConfig::new().seed(7))?);
    /// assert_ne!(bytes(RunConfig::new().seed(7))?, bytes(RunConfig::new())?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn seed(mut self, seed: u64) -> Self {
        self.random = Random::Seeded(seed);
        self
    }

    /// Where the guest's standard input comes from: a reader, or what an [`Input`] says (default: it is at its end).
    pub fn stdin(mut self, input: impl Into<Input>) -> Self {
        self.stdin = input.into();
        self
    }

    /// Where the guest's standard output goes: into a sink, or where a [`Stream`] says.
    pub fn stdout(mut self, stream: impl Into<Stream>) -> Self {
        self.stdout = stream.into();
        self
    }

    /// Where the guest's standard error goes, and the messages about its dying threads.
    pub fn stderr(mut self, stream: impl Into<Stream>) -> Self {
        self.stderr = stream.into();
        self
    }

    /// How many bytes may go to standard output and standard error together, wherever they go (default: no limit). The
    /// messages about threads that die count, too. The write that goes beyond is cut there, and ends the program
    /// ([`End::OutputLimit`](crate::End::OutputLimit)).
    pub fn max_output(mut self, bytes: u64) -> Self {
        self.max_output = Some(bytes);
        self
    }

    /// How many bytes the trace may have (default: no limit). It ends where the next event would not fit, and is read as one
    /// that was cut off; the program goes on, and [`Outcome::trace`](crate::Outcome::trace) is
    /// [`WriteError::Full`](threadlink_trace::WriteError::Full).
    pub fn max_trace(mut self, bytes: u64) -> Self {
        self.max_trace = Some(bytes);
        self
    }
}
