//! Reading a trace: [`Trace`]. The chunks are read and checked in [`load`], the events of all threads brought into
//! one order in [`merge`], out of a file again or of memory ([`source`]).

mod attention;
mod error;
mod lives;
mod load;
mod merge;
mod source;
#[cfg(test)]
mod tests;
mod trace;

pub use attention::Attention;
pub use error::{Damage, ReadError, ReadErrorKind};
pub use merge::Events;
pub use trace::{LockInfo, ThreadInfo, Trace};
