//! The crate instant stands for std's time, and is that wherever std has the time. On this target it asks JavaScript in its place; a
//! threaded std has the time.

#![no_std]

extern crate std;

pub use std::time::{Duration, Instant, SystemTime};

/// Milliseconds since 1970.
///
/// # Panics
/// The clock stands before that.
pub fn now() -> f64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.expect("the clock stands before 1970").as_secs_f64() * 1e3
}
