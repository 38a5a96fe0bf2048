//! RapidBin, 8 bytes an event: a header of 18 bytes with the numbers of threads, locks, variables and events, then the events,
//! all big-endian. From its lowest bit on, an event has the thread (10 bits), the operation (4), what it is done with (34), the
//! place (15), and a bit that is 0.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;

use threadlink_trace::{Site, Trace};

use super::from_trace::{Lines, RapidOptions, Variable};
use super::line::{Line, Op};
use super::sidecar::{Access, Instruction, Location, Place, Record, Sidecar};
use super::to_trace::{self, Definitions, trace_of};
use crate::left_out::LeftOut;
use crate::numbers::Numbers;

const HEADER: usize = 18;
const EVENT: usize = 8;

/// Where the parts of an event begin, and how many bits they have.
const THREAD: (u32, u32) = (0, 10);
const OP: (u32, u32) = (10, 4);
const WHAT: (u32, u32) = (14, 34);
const PLACE: (u32, u32) = (48, 15);

/// The largest number of threads that is written: a number stays unused, as with places.
const MOST_THREADS: u64 = (1 << THREAD.1) - 1;
/// The largest number of known places.
const MOST_PLACES: u64 = (1 << PLACE.1) - 1;

/// The numbers of the operations.
const OPS: [(Op, u64); 7] = [
    (Op::Acquire, 0),
    (Op::Release, 1),
    (Op::Read, 2),
    (Op::Write, 3),
    (Op::Fork, 4),
    (Op::Join, 5),
    (Op::Request, 8),
];

/// Why a trace could not be written as RapidBin.
///
/// # Examples
/// ```
/// let error = threadlink_export::RapidBinWriteError::TooMany { what: "threads", found: 2000, most: 1023 };
/// assert!(error.to_string().contains("2000 threads"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum RapidBinWriteError {
    /// There was no writing to where it should go.
    Io(io::Error),
    /// The format has no room for all things of a sort.
    TooMany {
        /// The sort.
        what: &'static str,
        /// How many the trace has.
        found: u64,
        /// How many there may be.
        most: u64,
    },
}

impl fmt::Display for RapidBinWriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "RapidBin cannot be written: {error}"),
            Self::TooMany { what, found, most } => write!(
                f,
                "RapidBin has room for {most} {what}, and this trace has {found} {what}; the format std has no such limit"
            ),
        }
    }
}

impl std::error::Error for RapidBinWriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::TooMany { .. } => None,
        }
    }
}

/// Why RapidBin could not be read.
///
/// # Examples
/// ```
/// let error = threadlink_export::read_rapidbin(&b"hello"[..], None).unwrap_err();
/// assert!(error.to_string().contains("header"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum RapidBinError {
    /// Its bytes could not be read, or the trace made of it could not be kept.
    Io(io::Error),
    /// Its header is none, or counts what is not there.
    Header(String),
    /// An event, counted from 1, is none.
    Event {
        /// Its number.
        number: u64,
        /// What is wrong with it.
        problem: String,
    },
}

impl fmt::Display for RapidBinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the RapidBin trace cannot be read: {error}"),
            Self::Header(problem) => write!(f, "the header of the RapidBin trace: {problem}"),
            Self::Event { number, problem } => write!(f, "event {number} of the RapidBin trace: {problem}"),
        }
    }
}

impl std::error::Error for RapidBinError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

/// What the header counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Counts {
    threads: u64,
    locks: u64,
    variables: u64,
    events: u64,
}

/// Writes a trace as RapidBin, and gives what belongs beside it. Threads, locks, variables and places are numbered in the order
/// of their first appearance, a thread's first event or its fork; place 0 is the unknown one. What becomes of what the format
/// has no word for: see [`write_std`](crate::write_std).
///
/// # Errors
/// [`RapidBinWriteError::TooMany`] for more than 1,023 threads or 32,767 places; what `out` refuses.
///
/// # Examples
/// ```
/// use threadlink_export::{RapidOptions, read_rapidbin, read_std, write_rapidbin};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let trace = read_std(&b"main|acq(A)|7\nmain|rel(A)|7\n"[..])?;
/// let mut bytes = Vec::new();
/// let (sidecar, _) = write_rapidbin(&trace, RapidOptions::default(), &mut bytes)?;
/// assert_eq!(bytes.len(), 18 + 2 * 8);
/// let again = read_rapidbin(&bytes[..], Some(&sidecar))?;
/// assert_eq!(again.locks()[0].name.as_deref(), Some("A"));
/// # Ok(())
/// # }
/// ```
pub fn write_rapidbin(
    trace: &Trace,
    options: RapidOptions,
    out: &mut dyn Write,
) -> Result<(Sidecar, LeftOut), RapidBinWriteError> {
    // Once to count, as the counts come first, and once to write: no event is remembered.
    let mut counting = Numbered::of(trace, options);
    let events = counting.by_ref().count() as u64;
    let counts = Counts {
        threads: counting.threads.things().len() as u64,
        locks: counting.lines.locks.things().len() as u64,
        variables: counting.lines.variables.things().len() as u64,
        events,
    };
    let places = counting.lines.sites.things().len() as u64 - 1;
    let header = header(counts, places)?;
    let io = RapidBinWriteError::Io;
    out.write_all(&header).map_err(io)?;
    for line in Numbered::of(trace, options) {
        out.write_all(&word(line).to_be_bytes()).map_err(io)?;
    }
    Ok((counting.sidecar(trace), counting.lines.left_out))
}

fn header(counts: Counts, places: u64) -> Result<[u8; HEADER], RapidBinWriteError> {
    for (what, found, most) in [
        ("threads", counts.threads, MOST_THREADS),
        ("places", places, MOST_PLACES),
        ("locks", counts.locks, i32::MAX as u64),
        ("variables", counts.variables, i32::MAX as u64),
        ("events", counts.events, i64::MAX as u64),
    ] {
        if found > most {
            return Err(RapidBinWriteError::TooMany { what, found, most });
        }
    }
    let mut header = [0; HEADER];
    header[..2].copy_from_slice(&(counts.threads as u16).to_be_bytes());
    header[2..6].copy_from_slice(&(counts.locks as u32).to_be_bytes());
    header[6..10].copy_from_slice(&(counts.variables as u32).to_be_bytes());
    header[10..].copy_from_slice(&counts.events.to_be_bytes());
    Ok(header)
}

/// An event, whose numbers fit.
fn word(line: Line) -> u64 {
    let op = OPS
        .iter()
        .find(|(op, _)| *op == line.op)
        .map_or(0, |(_, number)| *number);
    u64::from(line.thread) << THREAD.0
        | op << OP.0
        | u64::from(line.what) << WHAT.0
        | u64::from(line.site) << PLACE.0
}

fn part(word: u64, (begin, bits): (u32, u32)) -> u64 {
    word >> begin & ((1 << bits) - 1)
}

/// Lines whose threads have numbers in the order of their first appearance.
struct Numbered<'a> {
    lines: Lines<'a>,
    threads: Numbers<u32>,
    /// Which threads use each variable.
    users: BTreeMap<u64, Vec<u64>>,
}

impl<'a> Numbered<'a> {
    fn of(trace: &'a Trace, options: RapidOptions) -> Self {
        Self {
            lines: Lines::of(trace, options),
            threads: Numbers::default(),
            users: BTreeMap::new(),
        }
    }

    /// What the numbers that were given mean.
    fn sidecar(&self, trace: &Trace) -> Sidecar {
        let threads = (0..).zip(self.threads.things());
        let locks = (0..).zip(self.lines.locks.things());
        let variables = (0..).zip(self.lines.variables.things());
        let sites = (0..).zip(self.lines.sites.things());
        let table = &self.lines.table;
        let named = |name: Option<&Arc<str>>| name.map(ToString::to_string);
        Sidecar {
            thread_records: threads
                .map(|(trace_id, &thread)| Record {
                    wasm_id: thread,
                    trace_id,
                    name: named(trace.thread(thread).and_then(|info| info.name.as_ref())),
                })
                .collect(),
            memory_records: variables
                .map(|(trace_id, &variable)| {
                    let (address, name) = match variable {
                        Variable::Condvar(number) => {
                            let known = table.known(number);
                            (known.address, named(known.name.as_ref()))
                        }
                        Variable::Token(address) => (address, None),
                    };
                    let access_width = 4;
                    Record {
                        wasm_id: Access {
                            address,
                            access_width,
                        },
                        trace_id,
                        name,
                    }
                })
                .collect(),
            lock_records: locks
                .map(|(trace_id, &number)| {
                    let known = table.known(number);
                    Record {
                        wasm_id: known.address,
                        trace_id,
                        name: named(known.name.as_ref()),
                    }
                })
                .collect(),
            location_records: sites
                .map(|(trace_id, &site)| Location {
                    wasm_id: Instruction { fidx: site, iidx: 0 },
                    trace_id,
                    place: trace.site(site).filter(|_| site != 0).map(place),
                })
                .collect(),
            shared_variables: self
                .users
                .iter()
                .filter(|(_, users)| users.len() > 1)
                .map(|(variable, users)| (*variable, users.iter().copied().collect()))
                .collect(),
        }
    }
}

fn place(site: &Site) -> Place {
    Place {
        file: site.file.to_string(),
        line: site.line,
        column: site.column,
    }
}

impl Iterator for Numbered<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let mut line = self.lines.next()?;
        line.thread = self.threads.of(line.thread);
        match line.op {
            Op::Fork | Op::Join => line.what = self.threads.of(line.what),
            Op::Read | Op::Write => {
                let users = self.users.entry(u64::from(line.what)).or_default();
                // Ascending: more threads than fit are refused, but not before all are counted.
                let user = u64::from(line.thread);
                if let Err(place) = users.binary_search(&user) {
                    users.insert(place, user);
                }
            }
            _ => {}
        }
        Some(line)
    }
}

/// Reads a trace in RapidBin; its threads are called `T0` and so on, and its locks `L0`, unless what stands beside it has names.
///
/// # Errors
/// [`RapidBinError::Event`] for an event that is none, [`RapidBinError::Header`] where the counts are not those of the
/// events, [`RapidBinError::Io`] if there is nothing to read.
///
/// # Examples
/// ```
/// // A thread, a lock, no variable, one event: thread 0 takes lock 0 at place 7.
/// let bytes = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0];
/// let trace = threadlink_export::read_rapidbin(&bytes[..], None)?;
/// assert_eq!(trace.locks().len(), 1);
/// # Ok::<(), threadlink_export::RapidBinError>(())
/// ```
pub fn read_rapidbin(mut input: impl Read, sidecar: Option<&Sidecar>) -> Result<Trace, RapidBinError> {
    let mut header = [0; HEADER];
    let short = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => RapidBinError::Header("it has less than 18 bytes".to_owned()),
        _ => RapidBinError::Io(error),
    };
    input.read_exact(&mut header).map_err(short)?;
    let told = counts_of(&header);
    let mut reading = Reading::default();
    let mut bytes = [0; EVENT];
    loop {
        let got = read_up_to(&mut input, &mut bytes).map_err(RapidBinError::Io)?;
        let number = reading.lines.len() as u64 + 1;
        let wrong = |problem| RapidBinError::Event { number, problem };
        match got {
            0 => break,
            EVENT if number > told.events => {
                return Err(RapidBinError::Header(format!(
                    "it counts {} events, and more follow",
                    told.events
                )));
            }
            EVENT => reading.event(u64::from_be_bytes(bytes)).map_err(wrong)?,
            part => return Err(wrong(format!("it has {part} of 8 bytes"))),
        }
    }
    let found = reading.counts();
    for (what, told, found) in [
        ("events", told.events, found.events),
        ("threads", told.threads, found.threads),
        ("locks", told.locks, found.locks),
        ("variables", told.variables, found.variables),
    ] {
        if told != found {
            return Err(RapidBinError::Header(format!(
                "it counts {told} {what}, and the events have {found}"
            )));
        }
    }
    let places = Places::of(sidecar);
    for line in &mut reading.lines {
        line.site += places.shift;
    }
    let definitions = reading.definitions(sidecar, &places);
    trace_of(&definitions, &reading.lines).map_err(RapidBinError::Io)
}

/// Negative numbers are larger than there can be things.
fn counts_of(header: &[u8; HEADER]) -> Counts {
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0, |number, &byte| number << 8 | u64::from(byte))
    };
    Counts {
        threads: number(&header[..2]),
        locks: number(&header[2..6]),
        variables: number(&header[6..10]),
        events: number(&header[10..]),
    }
}

fn read_up_to(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match input.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(count) => got += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

/// What has been read, by numbers in the order of appearance.
#[derive(Default)]
struct Reading {
    lines: Vec<Line>,
    threads: Numbers<u64>,
    locks: Numbers<u64>,
    variables: Numbers<u64>,
}

impl Reading {
    fn event(&mut self, word: u64) -> Result<(), String> {
        if word >> 63 != 0 {
            return Err("its highest bit is set".to_owned());
        }
        let number = part(word, OP);
        let Some(&(op, _)) = OPS.iter().find(|(_, known)| *known == number) else {
            return Err(format!("{number} is the number of no operation"));
        };
        let thread = self.threads.of(part(word, THREAD));
        let what = part(word, WHAT);
        let what = match op {
            Op::Acquire | Op::Release | Op::Request => self.locks.of(what),
            Op::Read | Op::Write => self.variables.of(what),
            Op::Fork | Op::Join => self.threads.of(what),
        };
        self.lines.push(Line {
            thread,
            op,
            what,
            // 15 bits.
            site: part(word, PLACE) as u32,
        });
        Ok(())
    }

    fn counts(&self) -> Counts {
        Counts {
            threads: self.threads.things().len() as u64,
            locks: self.locks.things().len() as u64,
            variables: self.variables.things().len() as u64,
            events: self.lines.len() as u64,
        }
    }

    fn definitions(&self, sidecar: Option<&Sidecar>, places: &Places<'_>) -> Definitions {
        let named = |prefix: char, numbers: &Numbers<u64>, records: Option<&Vec<Record<u32>>>| {
            let names: BTreeMap<u64, &String> = records
                .into_iter()
                .flatten()
                .filter_map(|record| Some((record.trace_id, record.name.as_ref()?)))
                .collect();
            let name = |id: &u64| {
                names
                    .get(id)
                    .map_or_else(|| format!("{prefix}{id}"), |name| (*name).clone())
            };
            numbers.things().iter().map(name).collect()
        };
        let used = self.lines.iter().map(|line| line.site).filter(|&site| site != 0);
        let mut sites = BTreeMap::new();
        for number in used {
            sites.entry(number).or_insert_with(|| places.at(number));
        }
        Definitions {
            threads: named('T', &self.threads, sidecar.map(|sidecar| &sidecar.thread_records)),
            locks: named('L', &self.locks, sidecar.map(|sidecar| &sidecar.lock_records)),
            sites,
        }
    }
}

/// What is known of the places of a file.
struct Places<'a> {
    known: BTreeMap<u64, &'a Location>,
    /// What is added to the number of a place to make that of a site: 1 if place 0 is a known one.
    shift: u32,
}

impl<'a> Places<'a> {
    fn of(sidecar: Option<&'a Sidecar>) -> Self {
        let records = sidecar.into_iter().flat_map(|sidecar| &sidecar.location_records);
        let known: BTreeMap<u64, &Location> = records.map(|record| (record.trace_id, record)).collect();
        let nowhere = Instruction { fidx: 0, iidx: 0 };
        let first = known.get(&0).is_some_and(|first| first.wasm_id != nowhere);
        Self {
            known,
            shift: u32::from(first),
        }
    }

    fn at(&self, site: u32) -> to_trace::Place {
        let number = site - self.shift;
        match self.known.get(&u64::from(number)) {
            Some(Location {
                place: Some(place), ..
            }) => to_trace::Place {
                file: place.file.clone(),
                line: place.line,
                column: place.column,
            },
            Some(Location { wasm_id, .. }) => to_trace::Place {
                file: format!("function-{}", wasm_id.fidx),
                line: wasm_id.iidx,
                column: 1,
            },
            None => number.into(),
        }
    }
}
