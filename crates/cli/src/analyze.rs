//! `threadlink analyze`: a report about a trace.

use clap::Args;
use threadlink_analysis::{Bounds, Document};
use threadlink_trace::Printable;

use crate::attended::{self, Attended};
use crate::failure::{Done, Failure};
use crate::input::Input;
use crate::lines;
use crate::output::{self, tell};
use crate::screen;
use crate::verdict::FailOn;

/// Report what a trace tells: in a few sentences what happened, what could have happened, and which lock costs most; then deadlocks,
/// locks (how often each was taken, waited for and held), who held what others waited for, threads and what their time went for,
/// and condition variables.
#[derive(Debug, Args)]
pub(crate) struct Analyze {
    #[command(flatten)]
    input: Input,

    /// Print JSON instead of text (its keys: docs/analysis-json.md in the repository)
    #[arg(long)]
    json: bool,

    /// Show so many of each thing, in full; without this, what goes into a hundred lines
    #[arg(long, value_name = "N", conflicts_with = "json")]
    top: Option<usize>,

    /// Show only the locks and condition variables that have this in their name, address or place of making
    #[arg(long, value_name = "NAME", conflicts_with = "json")]
    lock: Option<String>,

    /// Show only the threads of this number, or that have this in their name, and the locks where they met others
    #[arg(long, value_name = "NAME", conflicts_with = "json")]
    thread: Option<String>,

    #[command(flatten)]
    fail_on: FailOn,

    /// Look for deadlocks that could happen of at most this many threads
    #[arg(long, value_name = "N", default_value_t = Bounds::default().length)]
    max_cycle_length: usize,

    /// Look for at most this many deadlocks that could happen in each component of the lock order
    #[arg(long, value_name = "N", default_value_t = Bounds::default().cycles)]
    max_cycles: usize,
}

impl Analyze {
    pub(crate) fn execute(self) -> Done {
        let trace = self.input.read()?;
        let bounds = Bounds {
            length: self.max_cycle_length,
            cycles: self.max_cycles,
        };
        let Attended { report, stopped } = attended::report(&trace, bounds)?;
        for warning in &report.warnings {
            tell(format_args!("warning: {}", Printable(warning)));
        }
        if self.json {
            // As it is made: a report on millions of locks is much text.
            output::stream(|out| lines::write(out, &Document::of(&report)))?;
        } else {
            let mut style = screen::style();
            style.top = self.top;
            style.lock = self.lock;
            style.thread = self.thread;
            let text = report
                .text(&style)
                .map_err(|missing| Failure::usage(missing.to_string()))?;
            output::print(&format!("{}\n", text.trim()))?;
        }
        Ok(stopped.unwrap_or_else(|| self.fail_on.code(&report)))
    }
}
