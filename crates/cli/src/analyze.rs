//! `threadlink analyze`: a report about a trace.

use std::fmt::Display;
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use threadlink_analysis::{Bounds, Document};
use threadlink_export::{Sidecar, read_rapidbin, read_std};
use threadlink_trace::{Printable, Trace};

use crate::attended::{self, Attended};
use crate::export::beside;
use crate::failure::{Done, Failure};
use crate::lines;
use crate::output::{self, tell};
use crate::screen;
use crate::verdict::FailOn;

/// Report what a trace tells: in a few sentences what happened, what could have happened, and which lock costs most; then deadlocks,
/// locks (how often each was taken, waited for and held), who held what others waited for, threads and what their time went for,
/// and condition variables.
#[derive(Debug, Args)]
pub(crate) struct Analyze {
    /// The trace, as written by `threadlink run --trace`
    trace: PathBuf,

    /// What the file is
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "trace")]
    from: From,

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

/// The formats that traces come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum From {
    /// threadlink's own
    Trace,
    /// The text of RAPID, with an event a line: `THREAD|acq(LOCK)|LOCATION`, and rel, req, r, w, fork, join
    Std,
    /// The same in 8 bytes an event, with names from the file beside it that ends in `.json`, if it is there
    Rapidbin,
}

impl From {
    fn read(self, path: &Path) -> Result<Trace, Failure> {
        match self {
            Self::Trace => Trace::open(path).map_err(|error| Failure::usage(error.to_string())),
            Self::Std => {
                let file = opened(path)?;
                read_std(file).map_err(|error| named(path, &error))
            }
            Self::Rapidbin => {
                let file = opened(path)?;
                let beside = beside(path);
                let sidecar = match File::open(&beside) {
                    Ok(file) => {
                        Some(Sidecar::read(BufReader::new(file)).map_err(|error| named(&beside, &error))?)
                    }
                    Err(error) if error.kind() == ErrorKind::NotFound => None,
                    Err(error) => return Err(named(&beside, &error)),
                };
                read_rapidbin(file, sidecar.as_ref()).map_err(|error| named(path, &error))
            }
        }
    }
}

fn opened(path: &Path) -> Result<BufReader<File>, Failure> {
    File::open(path)
        .map(BufReader::new)
        .map_err(|error| named(path, &error))
}

fn named(path: &Path, error: &dyn Display) -> Failure {
    Failure::usage(format!("{}: {error}", path.display()))
}

impl Analyze {
    pub(crate) fn execute(self) -> Done {
        let trace = self.from.read(&self.trace)?;
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
