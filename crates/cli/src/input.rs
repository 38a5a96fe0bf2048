//! A trace that a command reads: threadlink's own, or what another tool writes.

use std::fmt::Display;
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use threadlink_export::{Sidecar, read_rapidbin, read_std};
use threadlink_trace::Trace;

use crate::export::beside;
use crate::failure::Failure;

/// The file, and what it is.
#[derive(Debug, Args)]
pub(crate) struct Input {
    /// The trace, as written by `threadlink run --trace`
    pub(crate) trace: PathBuf,

    /// What the file is
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "trace")]
    from: From,
}

impl Input {
    pub(crate) fn read(&self) -> Result<Trace, Failure> {
        self.from.read_file(&self.trace)
    }
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
    fn read_file(self, path: &Path) -> Result<Trace, Failure> {
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

/// Refuses what was made of a file that has changed meanwhile.
pub(crate) fn unchanged(trace: &Trace) -> Result<(), Failure> {
    trace
        .unchanged()
        .map_err(|error| Failure::usage(error.to_string()))
}

fn opened(path: &Path) -> Result<BufReader<File>, Failure> {
    File::open(path)
        .map(BufReader::new)
        .map_err(|error| named(path, &error))
}

fn named(path: &Path, error: &dyn Display) -> Failure {
    Failure::usage(format!("{}: {error}", path.display()))
}
