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
mod columns;
mod condvars;
mod contention;
mod deadlocks;
mod document;
mod findings;
mod groups;
mod histogram;
mod identity;
mod lives;
mod lock;
mod mistakes;
mod parts;
mod place;
mod predict;
mod queue;
mod readers;
mod report;
mod rows;
mod sites;
mod style;
mod tally;
mod text;
mod threads;
mod units;
mod verdict;

pub use contention::{Blame, Convoys, HeldWhileWaiting, LockContention, LockWaiter, WaitKind};
pub use document::Document;
pub use findings::{Deadlocks, Finding, FindingKind};
pub use lives::ThreadReport;
pub use place::Place;
pub use predict::Bounds;
pub use report::{
    CondvarFigures, CondvarReport, CondvarSiteReport, EndReport, GroupReport, LockFigures, LockReport,
    Percentiles, Report, SiteReport,
};
pub use style::{NoSuch, Style};
pub use verdict::{Sentence, Topic};

/// Compiles the example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
