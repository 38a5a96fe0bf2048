//! What can go wrong while a trace is written.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why there is no trace, or only a part of one. A clone shares the underlying error.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The file could not be created.
    #[error("cannot create the trace file `{}`: {source}; check that its directory exists and can be written to, \
             or choose another path", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// Writing failed; the trace ends after its last whole chunk.
    #[error(
        "cannot write on to {target} after {written} bytes: {source}; {lost} events were not written, but \
             what is there can be read as a truncated trace"
    )]
    Write {
        /// What was written to, in words.
        target: String,
        /// Bytes of whole chunks that were written before.
        written: u64,
        /// Events that were recorded and not written.
        lost: u64,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// The trace has reached its [limit of bytes](crate::TraceWriter::max_bytes); it ends there, and can be read as a
    /// truncated trace.
    #[error(
        "{target} has reached its limit of {limit} bytes: what is there can be read as a truncated trace, without the {lost} \
             events after it"
    )]
    Full {
        /// What was written to, in words.
        target: String,
        /// The limit, in bytes.
        limit: u64,
        /// Events that were recorded and not written.
        lost: u64,
    },
    /// The sink did not take what it was given before the [limit](crate::TraceWriter::limit); whatever it took can be
    /// read as a truncated trace.
    #[error(
        "{target} did not take what was written to it in time, and was given up; what it took can be read as a \
             truncated trace, without at least {lost} events"
    )]
    Stalled {
        /// What was written to, in words.
        target: String,
        /// Events that are known to be lost; more may have been on their way.
        lost: u64,
    },
    /// The system gave no thread to write the trace with.
    #[error(
        "cannot start the thread that writes the trace: {source}; lower the number of threads or raise the \
             system's limit"
    )]
    NoThread {
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// The thread that writes the trace panicked, which only a sink that panics can make it do.
    #[error(
        "the thread that writes the trace panicked; what it wrote before can be read as a truncated trace"
    )]
    Died,
}
