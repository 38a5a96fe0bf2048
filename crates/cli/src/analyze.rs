//! `threadlink analyze`: a report about a trace.

use std::path::PathBuf;

use clap::Args;
use threadlink_analysis::{Document, Report};
use threadlink_trace::Trace;

use crate::failure::{Done, Failure};
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
        for warning in trace.warnings() {
            tell(format_args!("warning: {warning}"));
        }
        let report = Report::of(&trace);
        let text = if self.json {
            serde_json::to_string_pretty(&Document::of(&report)).map_err(|error| Failure {
                code: 1,
                message: format!("cannot write the report as JSON: {error}"),
            })?
        } else {
            report.to_string()
        };
        output::print(&format!("{}\n", text.trim_end()))?;
        Ok(0)
    }
}
