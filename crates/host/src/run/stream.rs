//! Where a standard stream of a guest goes, as an embedder says it.

use std::io::{self, Write};

/// Where the guest's standard output or error goes ([`RunConfig::stdout`](crate::RunConfig::stdout)). Any [`Write`] that is
/// `Send` becomes one.
///
/// ```
/// use threadlink_host::{Engine, EngineConfig, RunConfig, Stream};
///
/// let module = wat::parse_str(
///     r#"(module
///         (import "env" "memory" (memory 1 1 shared))
///         (import "threadlink" "write" (func $write (param i32 i32 i32) (result i32)))
///         (data (i32.const 16) "hello")
///         (func (export "_start")
///             (drop (call $write (i32.const 1) (i32.const 16) (i32.const 5)))))"#,
/// )?;
/// let program = Engine::new(&EngineConfig::new())?.load(&module)?;
/// let config = RunConfig::new().stdout(Stream::capture()).stderr(Stream::discard());
/// assert_eq!(program.run(config)?.stdout, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct Stream(pub(super) Target);

/// What a [`Stream`] is.
pub(super) enum Target {
    /// The process's own.
    Inherited,
    Discarded,
    Captured,
    Sink(Box<dyn Write + Send>),
}

impl Stream {
    /// The process's own stream (the default).
    pub fn inherit() -> Self {
        Self(Target::Inherited)
    }

    /// Nowhere. The guest is told that all went well.
    pub fn discard() -> Self {
        Self(Target::Discarded)
    }

    /// Into memory: [`Outcome::stdout`](crate::Outcome::stdout) and [`Outcome::stderr`](crate::Outcome::stderr) have it in the
    /// end. The host may spend on it what [`RunConfig::max_host_memory`](crate::RunConfig::max_host_memory) allows;
    /// beyond that a write fails in the guest as on a full disk (error number 71).
    pub fn capture() -> Self {
        Self(Target::Captured)
    }
}

impl<W: Write + Send + 'static> From<W> for Stream {
    fn from(sink: W) -> Self {
        Self(Target::Sink(Box::new(sink)))
    }
}

impl Target {
    /// The same with the process's own stream put in, which `own` gives.
    pub(super) fn resolved<W: Write + Send + 'static>(self, own: impl FnOnce() -> W) -> Self {
        match self {
            Self::Inherited => Self::Sink(Box::new(own())),
            other => other,
        }
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Inherited => "inherited",
            Self::Discarded => "discarded",
            Self::Captured => "captured",
            Self::Sink(_) => "a sink",
        })
    }
}

/// The error of a stream that takes no more because there is no memory for it.
pub(super) fn full() -> io::Error {
    io::Error::new(
        io::ErrorKind::StorageFull,
        "the host may not remember more of the program's output (--max-host-memory)",
    )
}
