//! What a threaded guest did, on disk: the trace format's writer, its reader and a validator.
//!
//! - [`TraceWriter`] records [`Event`]s from any number of threads, one [`Recorder`] each, at the cost of an append
//!   to a buffer that no other thread uses, and puts them into a file of checksummed chunks.
//! - [`Trace`] reads such a file, also one that ends early, and yields the events of all threads in one order that
//!   respects what happened before what.
//! - [`validate`] checks that a trace tells something that can have happened.
//! - [`DeadlockReport`] tells a deadlock in words, for a host that finds one and for whoever reads of one in a trace.
//!
//! The bytes are described in `docs/trace-format.md` of the repository. This crate knows nothing of WebAssembly:
//! `threadlink-host` records with it, `threadlink-analysis` reads with it, and so can you.
//!
//! # Examples
//! A program that recorded itself, and what its trace says:
//! ```
//! use threadlink_trace::{AcquireOp, EventKind, Mode, Trace, TraceWriter, validate};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let directory = tempfile::tempdir()?;
//! let path = directory.path().join("run.trace");
//!
//! let writer = TraceWriter::create(&path)?;
//! writer.define_thread(0, Some("main"), None);
//! writer.define_site(1, "src/main.rs", 12, 20);
//! let recorder = writer.recorder(0);
//! recorder.record(1_000, EventKind::Start);
//! let (lock, site, mode) = (0x10_0040, 1, Mode::Exclusive);
//! recorder.record(2_000, EventKind::Request { lock, site, contended: false, mode });
//! recorder.record(2_040, EventKind::Acquire { lock, site, op: AcquireOp::Blocking, mode });
//! recorder.record(9_000, EventKind::Release { lock, mode });
//! let summary = writer.finish()?;
//! assert_eq!(summary.events, 4);
//!
//! let trace = Trace::open(&path)?;
//! assert_eq!(validate(&trace).unwrap().acquisitions, 1);
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod compact;
mod deadlock;
mod event;
mod format;
#[cfg(test)]
mod golden;
pub mod hash;
mod printable;
mod reader;
mod site;
#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub mod testing;
mod validate;
mod writer;

pub use compact::{CompactEvent, CompactKind, CompactSource, Gate};
pub use deadlock::{
    Deadlock, DeadlockEdge, DeadlockReport, HeldLock, Hold, LockOrigin, Names, ReportEdge, ThreadLabel,
    Waiting, Waits,
};
pub use event::{AcquireOp, AwakeKind, EndKind, Event, EventKind, Mode};
pub use format::FORMAT_VERSION;
pub use format::wire::Malformed;
pub use printable::{Printable, PrintableLines};
pub use reader::{Attention, Damage, Events, LockInfo, ReadError, ReadErrorKind, ThreadInfo, Trace};
pub use site::Site;
pub use validate::{Checked, MAX_VIOLATIONS, Problem, Violation, validate, validate_events};
pub use writer::{InlineWriter, Recorder, Summary, TraceWriter, WriteError};

/// Compiles the example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
