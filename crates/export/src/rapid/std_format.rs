//! The STD format, a text with an event a line: `THREAD|OP(WHAT)|LOCATION`, where the operations are `acq`, `rel`, `req`, `r`,
//! `w`, `fork` and `join`.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, Write};

use threadlink_trace::{Printable, Trace};

use super::from_trace::{Lines, RapidOptions};
use super::line::{Line, Op};
use super::to_trace::{Definitions, Place, trace_of};
use crate::left_out::LeftOut;
use crate::numbers::Numbers;

/// The longest line, and so the longest name.
const LONGEST_LINE: u64 = 4096;
/// Why an STD trace could not be read.
///
/// # Examples
/// ```
/// let error = threadlink_export::read_std(&b"T0|acq(L)|1\nhello\n"[..]).unwrap_err();
/// assert!(error.to_string().contains("line 2"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum StdError {
    /// Its bytes could not be read, or the trace made of it could not be kept.
    Io(io::Error),
    /// A line, counted from 1, is no event.
    Line {
        /// Its number.
        number: u64,
        /// What is wrong with it.
        problem: String,
    },
}

impl fmt::Display for StdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the STD trace cannot be read: {error}"),
            Self::Line { number, problem } => write!(f, "line {number} of the STD trace: {problem}"),
        }
    }
}

impl std::error::Error for StdError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Line { .. } => None,
        }
    }
}

/// Reads a trace in the STD format.
///
/// # Errors
/// [`StdError::Line`] for a line that is no event, [`StdError::Io`] if there is nothing to read.
///
/// # Examples
/// ```
/// use threadlink_export::read_std;
///
/// # fn main() -> Result<(), threadlink_export::StdError> {
/// let text = "T0|acq(A)|1\nT0|acq(B)|2\nT0|rel(B)|3\nT0|rel(A)|4\n\
///             T1|acq(B)|5\nT1|acq(A)|6\nT1|rel(A)|7\nT1|rel(B)|8\n";
/// let trace = read_std(text.as_bytes())?;
/// assert_eq!((trace.threads().len(), trace.locks().len()), (2, 2));
/// # Ok(())
/// # }
/// ```
pub fn read_std(mut input: impl BufRead) -> Result<Trace, StdError> {
    let mut names = Names::default();
    let mut events = Vec::new();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let length = io::Read::take(&mut input, LONGEST_LINE)
            .read_until(b'\n', &mut line)
            .map_err(StdError::Io)?;
        if length == 0 {
            break;
        }
        let wrong = |problem: &str| StdError::Line {
            number,
            problem: problem.to_owned(),
        };
        if length as u64 == LONGEST_LINE && line.last() != Some(&b'\n') {
            return Err(wrong("it has more than 4096 bytes"));
        }
        let text = std::str::from_utf8(&line)
            .map_err(|_| wrong("it is not UTF-8"))?
            .trim();
        if !text.is_empty() {
            events.push(names.event(text).map_err(|problem| wrong(&problem))?);
        }
    }
    let definitions = Definitions {
        threads: names.threads.things().to_vec(),
        locks: names.locks.things().to_vec(),
        sites: names.sites,
    };
    trace_of(&definitions, &events).map_err(StdError::Io)
}

#[derive(Default)]
struct Names {
    threads: Numbers<String>,
    locks: Numbers<String>,
    variables: Numbers<String>,
    sites: BTreeMap<u32, Place>,
}

impl Names {
    fn event(&mut self, text: &str) -> Result<Line, String> {
        let refused = || {
            format!(
                "`{}` is no event: THREAD|OP(WHAT)|LOCATION is expected",
                Printable(text)
            )
        };
        let mut fields = text.split('|');
        let (Some(thread), Some(operation)) = (fields.next(), fields.next()) else {
            return Err(refused());
        };
        let call = operation
            .trim()
            .strip_suffix(')')
            .and_then(|rest| rest.split_once('('));
        let (op, what) = call.ok_or_else(refused)?;
        let (thread, what) = (thread.trim(), what.trim());
        if thread.is_empty() || what.is_empty() {
            return Err(refused());
        }
        let thread = self.threads.of(thread.to_owned());
        let op = match op.trim() {
            "acq" => Op::Acquire,
            "rel" => Op::Release,
            "req" => Op::Request,
            "r" => Op::Read,
            "w" => Op::Write,
            "fork" => Op::Fork,
            "join" => Op::Join,
            other => {
                return Err(format!(
                    "`{}` is none of acq, rel, req, r, w, fork and join",
                    Printable(other)
                ));
            }
        };
        let what = match op {
            Op::Acquire | Op::Release | Op::Request => self.locks.of(what.to_owned()),
            Op::Read | Op::Write => self.variables.of(what.to_owned()),
            Op::Fork | Op::Join => self.threads.of(what.to_owned()),
        };
        // A place that no number of a site can be is an unknown one.
        let location = fields.next().map(str::trim).unwrap_or_default();
        let known = location.parse::<i128>();
        if known.is_err() && !location.is_empty() {
            return Err(format!("the location `{}` is no integer", Printable(location)));
        }
        let site = known
            .ok()
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(0);
        if site != 0 {
            self.sites.entry(site).or_insert_with(|| site.into());
        }
        Ok(Line {
            thread,
            op,
            what,
            site,
        })
    }
}

/// Writes a trace in the STD format, as RAPID reads it, or Wasmgrind if there are requests in it: threads are `T` and their
/// number in the trace, locks `L` and variables `V` and a number in the order of their appearance, and places are numbers as
/// well, of which 0 is an unknown one.
///
/// Notifications and unparks are writes of a variable, which the wakes and ends of parks read. A lock that was got by
/// `try_lock` is as any other.
///
/// # Errors
/// What `out` refuses.
///
/// # Examples
/// ```
/// use threadlink_export::{RapidOptions, read_std, write_std};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let trace = read_std(&b"main|acq(A)|7\nmain|rel(A)|7\n"[..])?;
/// let mut text = Vec::new();
/// write_std(&trace, RapidOptions { requests: true }, &mut text)?;
/// assert_eq!(text, b"T0|req(L0)|1\nT0|acq(L0)|1\nT0|rel(L0)|0\n");
/// # Ok(())
/// # }
/// ```
pub fn write_std(trace: &Trace, options: RapidOptions, out: &mut dyn Write) -> io::Result<LeftOut> {
    let mut lines = Lines::of(trace, options);
    for line in &mut lines {
        let (op, kind) = match line.op {
            Op::Acquire => ("acq", 'L'),
            Op::Release => ("rel", 'L'),
            Op::Request => ("req", 'L'),
            Op::Read => ("r", 'V'),
            Op::Write => ("w", 'V'),
            Op::Fork => ("fork", 'T'),
            Op::Join => ("join", 'T'),
        };
        let Line {
            thread, what, site, ..
        } = line;
        writeln!(out, "T{thread}|{op}({kind}{what})|{site}")?;
    }
    Ok(lines.left_out)
}
