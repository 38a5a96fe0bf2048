//! What a trace says about a program's locks: [`Report`], for people and for programs.
//!
//! # Examples
//! ```no_run
//! use threadlink_analysis::Report;
//! use threadlink_trace::Trace;
//!
//! print!("{}", Report::of(&Trace::open("run.trace")?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod collect;
mod condvars;
mod deadlocks;
mod document;
mod findings;
mod identity;
mod mistakes;
mod parts;
mod predict;
mod readers;
mod report;
mod sites;
mod text;
mod units;

pub use document::Document;
pub use findings::{Deadlocks, Finding, FindingKind};
pub use predict::Bounds;
pub use report::{
    CondvarFigures, CondvarReport, CondvarSiteReport, EndReport, LockFigures, LockReport, Place, Report,
    SiteReport,
};

/// Compiles the example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
