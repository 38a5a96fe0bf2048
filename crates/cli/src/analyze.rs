//! `threadlink analyze`: a report about a trace.

use std::path::PathBuf;

use clap::Args;
use threadlink_analysis::{Document, Report};
use threadlink_trace::{Printable, Trace};

use crate::failure::{Done, Failure};
use crate::lines;
use crate::output::{self, tell};

/// Report what a trace tells: threads, events, per lock how often it was taken, waited for and held (read-write locks
/// for reading and for writing), and the waits and notifications of condition variables.
#[derive(Debug, Args)]
pub(crate) struct Analyze {
    /// The trace, as written by `threadlink run --trace`
    trace: PathBuf,

    /// Print JSON instead of text (its keys: docs/analysis-json.md in the repository)
    #[arg(long)]
    json: bool,
}

impl Analyze {
    pub(crate) fn execute(self) -> Done {
        let trace = Trace::open(&self.trace).map_err(|error| Failure::usage(error.to_string()))?;
        let report = Report::of(&trace);
        for warning in &report.warnings {
            tell(format_args!("warning: {}", Printable(warning)));
        }
        if self.json {
            // As it is made: a report on millions of locks is much text.
            output::stream(|out| lines::write(out, &Document::of(&report)))?;
        } else {
            output::print(&format!("{}\n", report.to_string().trim_end()))?;
        }
        Ok(0)
    }
}
