//! Traces in the formats of other tools: what those wrote, read as a [`Trace`](threadlink_trace::Trace).
//!
//! # Examples
//! ```
//! let trace = threadlink_export::read_std(&b"T0|acq(A)|1\nT0|rel(A)|2\n"[..])?;
//! assert_eq!(trace.threads().len(), 1);
//! # Ok::<(), threadlink_export::StdError>(())
//! ```

#![forbid(unsafe_code)]

mod std_format;

pub use std_format::{StdError, read_std};

/// Compiles the example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
