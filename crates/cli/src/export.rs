//! `threadlink export`: a trace in another tool's format.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use threadlink_export::{
    LeftOut, ParquetTable, RapidBinWriteError, RapidOptions, Sidecar, write_csv, write_json, write_parquet,
    write_perfetto, write_rapidbin, write_std,
};
use threadlink_trace::{Printable, Trace};

use crate::aside::Unfinished;
use crate::failure::{Done, Failure};
use crate::output::{self, tell};
use crate::progress::{Progress, during};

/// Write a trace in the format of another tool (docs/export.md in the repository says what becomes of what).
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The trace, as written by `threadlink run --trace`
    trace: PathBuf,

    /// The format
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Format,

    /// The file to write; `-` is the standard output. With parquet, a name that does not end in `.parquet` is a folder
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,

    /// With std and rapidbin: also say when a thread asks for a lock, which Wasmgrind reads and RAPID does not
    #[arg(long)]
    requests: bool,
}

/// The formats that traces are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The text of RAPID, with an event a line: `T0|acq(L1)|42`
    Std,
    /// The same in 8 bytes an event, as Wasmgrind writes it: with a file beside it, whose name ends in `.json`
    Rapidbin,
    /// A timeline for ui.perfetto.dev: threads with their waits, locks with their holds
    Perfetto,
    /// A table with a row an event: names and places, how long it waited or had a lock
    Csv,
    /// The same as JSON lines: an object an event
    Json,
    /// The same for databases; or a folder with this table and those of waits, holds, locks, threads and places
    Parquet,
}

impl Format {
    fn is_rapids(self) -> bool {
        matches!(self, Self::Std | Self::Rapidbin)
    }
}

/// What is told when all is written.
#[derive(Default)]
struct Written {
    left_out: LeftOut,
    sidecar: Option<Sidecar>,
}

impl Export {
    pub(crate) fn execute(self) -> Done {
        if self.requests && !self.format.is_rapids() {
            return Err(Failure::usage("--requests is for the formats std and rapidbin"));
        }
        let to_stdout = self.output == Path::new("-");
        let same = |path: &Path| path.canonicalize().ok();
        if !to_stdout && same(&self.output).is_some_and(|output| same(&self.trace) == Some(output)) {
            return Err(Failure::usage(format!(
                "`{}` is the trace: name another file with -o",
                self.output.display()
            )));
        }
        let progress = Progress::new(format!("exporting {}", self.trace.display()), false);
        let (trace, written) = during(progress, || self.write(to_stdout))?;
        for warning in trace.warnings() {
            tell(format_args!("warning: {}", Printable(warning)));
        }
        if !written.left_out.is_empty() {
            tell(format_args!(
                "left out, as the format has nothing for it: {}",
                written.left_out
            ));
        }
        Ok(0)
    }

    fn write(&self, to_stdout: bool) -> Result<(Trace, Written), Failure> {
        let trace = Trace::open(&self.trace).map_err(|error| Failure::usage(error.to_string()))?;
        if to_stdout {
            let mut done = Ok(Written::default());
            output::stream(|out| {
                match self.write_to(&trace, out) {
                    Ok(written) => done = Ok(written),
                    Err(WriteError::Io(error)) => return Err(error),
                    Err(WriteError::Refused(why)) => done = Err(Failure::usage(why)),
                }
                Ok(())
            })?;
            return done.map(|written| (trace, written));
        }
        let unfinished = Unfinished::watched().map_err(|error| failed(&error, &self.output))?;
        if self.is_folder() {
            self.write_tables(&trace, &unfinished)?;
            return Ok((trace, Written::default()));
        }
        let written = unfinished
            .write(&self.output, |out| self.write_to(&trace, out))
            .map_err(|error| match error {
                WriteError::Io(error) => failed(&error, &self.output),
                WriteError::Refused(why) => Failure::usage(why),
            })?;
        if let Some(sidecar) = &written.sidecar {
            let path = beside(&self.output);
            unfinished
                .write(&path, |out| sidecar.write(out))
                .map_err(|error| failed(&error, &path))?;
        }
        Ok((trace, written))
    }

    /// Whether what is written is a folder of tables.
    fn is_folder(&self) -> bool {
        self.format == Format::Parquet
            && (self.output.is_dir()
                || self
                    .output
                    .extension()
                    .is_none_or(|extension| extension != "parquet"))
    }

    /// Each table is there when it is whole, so one that is finished is left if what comes after it is not.
    fn write_tables(&self, trace: &Trace, unfinished: &Unfinished) -> Result<(), Failure> {
        if self.output.exists() && !self.output.is_dir() {
            return Err(Failure::usage(format!(
                "`{}` is no folder: give the name of one, or of a file that ends in `.parquet` for the table of events alone",
                self.output.display()
            )));
        }
        fs::create_dir_all(&self.output).map_err(|error| failed(&error, &self.output))?;
        for table in ParquetTable::ALL {
            let path = self.output.join(table.file_name());
            unfinished
                .write(&path, |out| {
                    write_parquet(trace, table, out)?;
                    trace.unchanged().map_err(io::Error::other)
                })
                .map_err(|error| failed(&error, &path))?;
        }
        Ok(())
    }

    fn write_to(&self, trace: &Trace, out: &mut (dyn Write + Send)) -> Result<Written, WriteError> {
        let options = RapidOptions {
            requests: self.requests,
        };
        let mut written = Written::default();
        match self.format {
            Format::Std => written.left_out = write_std(trace, options, out)?,
            Format::Perfetto => write_perfetto(trace, out)?,
            Format::Csv => write_csv(trace, out)?,
            Format::Json => write_json(trace, out)?,
            Format::Parquet => write_parquet(trace, ParquetTable::Events, out)?,
            Format::Rapidbin => {
                let (sidecar, left_out) = write_rapidbin(trace, options, out)?;
                written = Written {
                    left_out,
                    sidecar: Some(sidecar),
                };
            }
        }
        trace
            .unchanged()
            .map_err(|error| WriteError::Refused(error.to_string()))?;
        Ok(written)
    }
}

fn failed(error: &io::Error, path: &Path) -> Failure {
    Failure {
        code: 1,
        message: format!("cannot write `{}`: {error}", path.display()),
    }
}

/// What stands beside a RapidBin file: Wasmgrind's own end in `.data` and `.json`.
pub(crate) fn beside(path: &Path) -> PathBuf {
    if path.extension().is_some_and(|extension| extension == "json") {
        return path.with_extension("json.json");
    }
    path.with_extension("json")
}

/// Why nothing was written.
enum WriteError {
    Io(io::Error),
    /// The format has no room for the trace.
    Refused(String),
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<RapidBinWriteError> for WriteError {
    fn from(error: RapidBinWriteError) -> Self {
        match error {
            RapidBinWriteError::Io(error) => Self::Io(error),
            error => Self::Refused(error.to_string()),
        }
    }
}
