//! What a threadlink trace tells, as one page for a browser: [`Page`].
//!
//! The page has the verdict, the findings with the source around their places, the locks, the order in which they were taken
//! and a timeline. It is one file that needs no network and runs on any machine, and its size is bounded
//! ([`Page::MOST_BYTES`]), whatever the trace's.
//!
//! # Examples
//! ```no_run
//! use threadlink_analysis::Report;
//! use threadlink_report::{Page, PageOptions};
//! use threadlink_trace::Trace;
//!
//! let trace = Trace::open("run.trace")?;
//! let page = Page::of(&trace, &Report::of(&trace), &PageOptions::new("run.trace"));
//! std::fs::write("report.html", page.as_str())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod base64;
mod excerpts;
mod findings;
mod json;
mod names;
mod order;
mod page;
mod tables;
mod timeline;
mod walk;

pub use page::{Page, PageOptions};

/// Compiles the example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
