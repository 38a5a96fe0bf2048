//! The formats of RAPID, which Wasmgrind speaks as well: STD, a text, and RapidBin. Both say the same, a [`Line`](line::Line)
//! an event: `from_trace.rs` makes lines of a trace, `to_trace.rs` a trace of lines.

mod from_trace;
mod line;
mod rapidbin;
mod sidecar;
mod std_format;
mod to_trace;

pub use from_trace::RapidOptions;
pub use rapidbin::{RapidBinError, RapidBinWriteError, read_rapidbin, write_rapidbin};
pub use sidecar::{Sidecar, SidecarError};
pub use std_format::{StdError, read_std, write_std};
