//! Why bytes are not a readable trace.

use std::io;
use std::path::{Path, PathBuf};

use crate::format::FORMAT_VERSION;
use crate::format::wire::Malformed;

/// Why a trace can't be read: [`kind`](ReadError::kind), and which file it is about.
#[derive(Debug)]
pub struct ReadError {
    path: Option<PathBuf>,
    pub(super) kind: ReadErrorKind,
}

impl ReadError {
    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &ReadErrorKind {
        &self.kind
    }

    pub(super) fn in_file(mut self, path: &Path) -> ReadError {
        self.path = Some(path.to_owned());
        self
    }
}

impl From<ReadErrorKind> for ReadError {
    fn from(kind: ReadErrorKind) -> ReadError {
        ReadError { path: None, kind }
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.path {
            Some(path) => write!(f, "cannot read the trace `{}`: {}", path.display(), self.kind),
            None => write!(f, "cannot read the trace: {}", self.kind),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            ReadErrorKind::Open(source) | ReadErrorKind::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// What is wrong with a trace that can't be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// The file can't be opened.
    #[error("{0}")]
    Open(io::Error),
    /// Reading failed on the way.
    #[error("{source}, at byte {offset}")]
    Io {
        /// Where in the file, in bytes.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The file is another one than it was when it was read before.
    #[error(
        "it was changed while it was read, before byte {offset}: wait until whoever writes it is through, and begin again"
    )]
    Changed {
        /// About where in the file, in bytes.
        offset: u64,
    },
    /// There are no bytes at all.
    #[error("it is empty; a run with `--trace` writes one")]
    Empty,
    /// It is something else.
    #[error("it is not a threadlink trace; a run with `--trace` writes one")]
    NotATrace,
    /// It ends before its first chunk is whole.
    #[error("it ends after {0} bytes, before its first chunk is whole: nothing of it can be read")]
    TooShort(u64),
    /// It was written in a later version of the format.
    #[error(
        "it has format version {0}, and this program reads versions 1 to {FORMAT_VERSION}; use the threadlink that \
         wrote it"
    )]
    Version(u16),
    /// A chunk is damaged.
    #[error(
        "chunk {chunk}, at byte {offset}, {damage}; get the file again, for no event after this can be trusted"
    )]
    Damaged {
        /// The chunk's number, from 0.
        chunk: u64,
        /// Where the chunk begins, in bytes from the start of the file.
        offset: u64,
        /// What is wrong with it.
        damage: Damage,
    },
}

/// What is wrong with a damaged chunk. Its `Display` completes "the chunk ...".
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The bytes there do not begin a chunk.
    #[error("does not begin as a chunk does")]
    NoChunk,
    /// The header's checksum does not match the header.
    #[error("has a damaged header (its checksum does not match)")]
    HeaderChecksum,
    /// The header has values that no writer gives it, though its checksum matches.
    #[error("has a header with values that the format does not allow")]
    HeaderField,
    /// The payload's checksum does not match the payload.
    #[error("is damaged (its checksum does not match)")]
    Checksum,
    /// The header has another number than the chunk's place in the file: chunks are missing or out of order.
    #[error("has number {found} in its header: chunks before it are missing, doubled or out of order")]
    Sequence {
        /// The number in the header.
        found: u32,
    },
    /// The payload is not what its kind says, though its checksum matches.
    #[error("{0}, though its checksum matches")]
    Malformed(#[from] Malformed),
    /// It begins a trace in the middle of one.
    #[error("is the first chunk of another trace")]
    Misplaced,
    /// It follows the end chunk.
    #[error("stands behind the trace's end")]
    AfterEnd,
    /// The end chunk's counts are not what the trace holds.
    #[error(
        "counts {events} events of {threads} threads, but the chunks before it hold {found_events} of \
         {found_threads}"
    )]
    Counts {
        /// Events, as the end chunk says.
        events: u64,
        /// Threads, as the end chunk says.
        threads: u64,
        /// Events that were found.
        found_events: u64,
        /// Threads that were found.
        found_threads: u64,
    },
}
