//! Traces in the formats of other tools: [`write_std`] and [`write_rapidbin`] for RAPID and Wasmgrind, and what those wrote, read
//! as a [`Trace`](threadlink_trace::Trace); [`write_perfetto`] as a timeline; [`write_csv`] and [`write_json`] as a table, a row
//! an event; and [`write_parquet`] as tables for databases.
//!
//! # Examples
//! ```
//! use threadlink_export::{RapidOptions, read_std, write_std};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let trace = read_std(&b"T0|acq(A)|1\nT0|rel(A)|2\n"[..])?;
//! let mut text = Vec::new();
//! let left_out = write_std(&trace, RapidOptions::default(), &mut text)?;
//! assert!(text.starts_with(b"T0|acq(L0)|1\n") && left_out.is_empty());
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod columns;
mod left_out;
mod locks;
mod numbers;
mod parquet;
mod perfetto;
mod rapid;
mod table;
mod text;
mod walk;

pub use left_out::LeftOut;
pub use parquet::{ParquetTable, write_parquet};
pub use perfetto::write_perfetto;
pub use rapid::{
    RapidBinError, RapidBinWriteError, RapidOptions, Sidecar, SidecarError, StdError, read_rapidbin,
    read_std, write_rapidbin, write_std,
};
pub use text::{write_csv, write_json};

/// Compiles the example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
