//! The threadlink trace format: writer, readers, validator and analyses.

#![forbid(unsafe_code)]

mod analyze;
mod deadlock;
mod event;
mod format;
mod reader;
#[cfg(test)]
mod testing;
mod validate;
mod writer;

pub use analyze::{
    DeadlockReport, EdgeReport, EndReport, HeldReport, LockReport, Place, Report, SiteReport, WaitsReport,
};
pub use deadlock::{Deadlock, DeadlockEdge, HeldLock, Waits};
pub use event::{AcquireOp, EndKind, Event, EventKind};
pub use format::FORMAT_VERSION;
pub use format::wire::Malformed;
pub use reader::{Damage, Events, ReadError, ReadErrorKind, SiteInfo, ThreadInfo, Trace};
pub use validate::{Checked, MAX_VIOLATIONS, Problem, Violation, validate, validate_events};
pub use writer::{Recorder, Summary, TraceWriter, WriteError};
