//! Threads where std has them, on guests: std's, with what this crate has besides.

pub(crate) mod stats;

pub use self::stats::Stats;
pub use std::thread::*;

/// What the runtime knows about the memory of threads. Where it is std's, it is not told.
#[must_use]
pub fn stats() -> Stats {
    crate::backend::stats()
}
