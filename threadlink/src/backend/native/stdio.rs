//! The standard streams: std's own.

pub use std::io::{Stderr, StderrLock, Stdout, StdoutLock, stderr, stdout};
