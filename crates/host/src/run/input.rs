//! Where a guest's standard input comes from, as an embedder says it.

use std::io::Read;

/// Where the guest's standard input comes from ([`RunConfig::stdin`](crate::RunConfig::stdin)). Any [`Read`] that is `Send`
/// becomes one.
///
/// ```
/// use threadlink_host::{Engine, EngineConfig, Input, RunConfig, Stream};
///
/// // Reads once, and writes what it has read.
/// let module = wat::parse_str(
///     r#"(module
///         (import "env" "memory" (memory 1 1 shared))
///         (import "threadlink" "read" (func $read (param i32 i32 i32) (result i32)))
///         (import "threadlink" "write" (func $write (param i32 i32 i32) (result i32)))
///         (func (export "_start")
///             (drop (call $write (i32.const 1) (i32.const 16)
///                 (call $read (i32.const 0) (i32.const 16) (i32.const 100))))))"#,
/// )?;
/// let program = Engine::new(&EngineConfig::new())?.load(&module)?;
/// let echo = |input: Input| program.run(RunConfig::new().stdin(input).stdout(Stream::capture())).map(|outcome| outcome.stdout);
/// assert_eq!(echo(Input::bytes("a line\n"))?, b"a line\n");
/// assert_eq!(echo(Input::from(&b"from any reader"[..]))?, b"from any reader");
/// assert_eq!(echo(Input::none())?, b"");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A reader is read on a thread of its own, when the guest wants something and no more than it wants. No end of a run waits for
/// it: if it is stuck in a read then, it is left behind until that returns, and what it gets is lost
/// ([`Stats::abandoned_threads`](crate::Stats::abandoned_threads) counts it).
#[derive(Debug)]
#[must_use]
pub struct Input(pub(super) Origin);

/// What an [`Input`] is.
pub(super) enum Origin {
    /// It is at its end.
    Nothing,
    Bytes(Vec<u8>),
    Reader(Box<dyn Read + Send>),
}

impl Input {
    /// The process's own.
    pub fn inherit() -> Self {
        std::io::stdin().into()
    }

    /// None: it is at its end (the default).
    pub fn none() -> Self {
        Self(Origin::Nothing)
    }

    /// These bytes, and then the end.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Origin::Bytes(bytes.into()))
    }
}

impl<R: Read + Send + 'static> From<R> for Input {
    fn from(reader: R) -> Self {
        Self(Origin::Reader(Box::new(reader)))
    }
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Reader(_) => f.write_str("a reader"),
        }
    }
}
