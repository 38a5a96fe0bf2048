//! Deadlocks: as a trace keeps them ([`record`]), what their numbers mean ([`names`]), and as people read them
//! ([`report`], [`text`]).

mod names;
mod record;
mod report;
mod text;

pub use names::{LockOrigin, Names, ThreadLabel};
pub use record::{Deadlock, DeadlockEdge, HeldLock, Waits};
pub use report::{DeadlockReport, Hold, ReportEdge, Waiting};
