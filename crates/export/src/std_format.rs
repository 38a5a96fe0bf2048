//! Traces of other tools: [`read_std`] makes a [`Trace`] of one in the STD format of RAPID, a text with an event a line:
//! `THREAD|OP(WHAT)|LOCATION`, where the operations are `acq`, `rel`, `req`, `r`, `w`, `fork` and `join`.
//!
//! What STD does not tell is added: starts of threads, their ends where they are joined, requests, and for a thread that nobody
//! forks a fork by the first thread before its own first event, which orders nothing. A read comes after the last write, as if
//! the one had waited for what the other leaves it.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex, PoisonError};

use threadlink_trace::{AcquireOp, EndKind, EventKind, Mode, Printable, Recorder, Trace, TraceWriter};

/// The longest line, and so the longest name.
const LONGEST_LINE: u64 = 4096;
/// Addresses from here on are those of what a write leaves a read; locks are below.
const FIRST_TOKEN: u32 = 1 << 31;

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
    Writing::new(&names, &events)?.all(&events)
}

/// What an event does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Op {
    Acquire,
    Release,
    Request,
    Read,
    Write,
    Fork,
    Join,
}

/// A line: who, what, with what (a lock, a variable or a thread), where.
#[derive(Clone, Copy)]
struct Line {
    thread: u32,
    op: Op,
    what: u32,
    site: u32,
}

/// Numbers of things in the order of their first appearance.
#[derive(Default)]
struct Numbers(HashMap<String, u32>);

impl Numbers {
    fn of(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.0.get(name) {
            return number;
        }
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.insert(name.to_owned(), next);
        next
    }
}

#[derive(Default)]
struct Names {
    threads: Numbers,
    locks: Numbers,
    variables: Numbers,
    sites: HashSet<u32>,
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
        let thread = self.threads.of(thread);
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
            Op::Acquire | Op::Release | Op::Request => self.locks.of(what),
            Op::Read | Op::Write => self.variables.of(what),
            Op::Fork | Op::Join => self.threads.of(what),
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
            self.sites.insert(site);
        }
        Ok(Line {
            thread,
            op,
            what,
            site,
        })
    }
}

/// What a trace was written to.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A trace that is being made of lines.
struct Writing {
    writer: TraceWriter,
    kept: Kept,
    threads: HashMap<u32, Recorder>,
    ended: HashSet<u32>,
    time: u64,
    /// Who has a lock, and how often.
    owners: HashMap<u32, (u32, u64)>,
    /// For what lock each thread has asked.
    asked: HashMap<u32, u32>,
    /// What writes leave for reads, by the lines of both.
    left: HashMap<usize, Vec<u32>>,
    taken: HashMap<usize, u32>,
}

impl Writing {
    fn new(names: &Names, lines: &[Line]) -> Result<Self, StdError> {
        let kept = Kept::default();
        let writer = TraceWriter::to_sink(Box::new(kept.clone())).map_err(failed)?;
        for (name, &number) in &names.threads.0 {
            writer.define_thread(number, Some(name), None);
        }
        for (name, &number) in &names.locks.0 {
            writer.define_lock(address(number), 0, 0, Some(name));
        }
        for &site in &names.sites {
            writer.define_site(site, "location", site, 1);
        }
        let (left, taken) = tokens(lines);
        let mut writing = Self {
            writer,
            kept,
            threads: HashMap::new(),
            ended: HashSet::new(),
            time: 0,
            owners: HashMap::new(),
            asked: HashMap::new(),
            left,
            taken,
        };
        let forked: HashSet<u32> = lines
            .iter()
            .filter(|line| line.op == Op::Fork)
            .map(|line| line.what)
            .collect();
        if let Some(first) = lines.first() {
            let all = u32::try_from(names.threads.0.len()).unwrap_or(u32::MAX);
            for child in (0..all).filter(|child| *child != first.thread && !forked.contains(child)) {
                writing.record(first.thread, EventKind::Fork { child });
            }
        }
        Ok(writing)
    }

    fn all(mut self, lines: &[Line]) -> Result<Trace, StdError> {
        for (number, &line) in lines.iter().enumerate() {
            self.line(number, line);
        }
        let Self {
            writer,
            kept,
            threads,
            ..
        } = self;
        drop(threads);
        writer.finish().map_err(failed)?;
        Trace::read(&kept.take()[..]).map_err(failed)
    }

    fn record(&mut self, thread: u32, kind: EventKind) {
        let writer = &self.writer;
        let mut begun = false;
        let recorder = self.threads.entry(thread).or_insert_with(|| {
            begun = true;
            writer.recorder(thread)
        });
        if begun {
            self.time += 1;
            recorder.record(self.time, EventKind::Start);
        }
        self.time += 1;
        recorder.record(self.time, kind);
    }

    fn line(&mut self, number: usize, line: Line) {
        let Line {
            thread, what, site, ..
        } = line;
        let mode = Mode::Exclusive;
        match line.op {
            Op::Request => self.request(thread, what, site),
            Op::Acquire => {
                if let Some((owner, depth)) = self.owners.get_mut(&what)
                    && *owner == thread
                {
                    // It takes again what it has, which never waits.
                    *depth += 1;
                    return;
                }
                if self.asked.remove(&thread) != Some(what) {
                    self.request(thread, what, site);
                    self.asked.remove(&thread);
                }
                self.owners.insert(what, (thread, 1));
                let (lock, op) = (address(what), AcquireOp::Blocking);
                self.record(thread, EventKind::Acquire { lock, site, op, mode });
            }
            Op::Release => {
                if let Some((owner, depth)) = self.owners.get_mut(&what)
                    && *owner == thread
                {
                    *depth -= 1;
                    if *depth > 0 {
                        return;
                    }
                    self.owners.remove(&what);
                }
                let lock = address(what);
                self.record(thread, EventKind::Release { lock, mode });
            }
            Op::Write => {
                for token in self.left.remove(&number).unwrap_or_default() {
                    self.record(thread, EventKind::Unpark { token, site });
                }
            }
            Op::Read => {
                if let Some(token) = self.taken.remove(&number) {
                    self.record(
                        thread,
                        EventKind::Park {
                            token,
                            site,
                            timed: false,
                        },
                    );
                    self.record(
                        thread,
                        EventKind::ParkEnd {
                            token,
                            timed_out: false,
                        },
                    );
                }
            }
            Op::Fork => self.record(thread, EventKind::Fork { child: what }),
            Op::Join => {
                self.record(thread, EventKind::JoinRequest { child: what, site });
                if self.threads.contains_key(&what) && self.ended.insert(what) {
                    self.record(
                        what,
                        EventKind::End {
                            how: EndKind::Returned,
                        },
                    );
                }
                let (reaped, failed) = (false, false);
                self.record(
                    thread,
                    EventKind::Join {
                        child: what,
                        reaped,
                        failed,
                    },
                );
            }
        }
    }

    fn request(&mut self, thread: u32, what: u32, site: u32) {
        let contended = self.owners.get(&what).is_some_and(|(owner, _)| *owner != thread);
        if self.owners.contains_key(&what) && !contended {
            // It takes again what it has.
            return;
        }
        self.asked.insert(thread, what);
        let (lock, mode) = (address(what), Mode::Exclusive);
        self.record(
            thread,
            EventKind::Request {
                lock,
                site,
                contended,
                mode,
            },
        );
    }
}

/// The address of a lock.
fn address(number: u32) -> u32 {
    number.saturating_add(1).min(FIRST_TOKEN - 1)
}

/// A token for each write and each other thread that reads what it wrote: those of writes, and of reads, by their lines.
fn tokens(lines: &[Line]) -> (HashMap<usize, Vec<u32>>, HashMap<usize, u32>) {
    let mut last: HashMap<u32, (usize, u32, HashSet<u32>)> = HashMap::new();
    let (mut left, mut taken): (HashMap<usize, Vec<u32>>, HashMap<usize, u32>) = Default::default();
    let mut next = FIRST_TOKEN;
    for (number, line) in lines.iter().enumerate() {
        match line.op {
            Op::Write => {
                last.insert(line.what, (number, line.thread, HashSet::new()));
            }
            Op::Read => {
                if let Some((write, writer, readers)) = last.get_mut(&line.what)
                    && *writer != line.thread
                    && readers.insert(line.thread)
                {
                    left.entry(*write).or_default().push(next);
                    taken.insert(number, next);
                    next = next.saturating_add(1);
                }
            }
            _ => {}
        }
    }
    (left, taken)
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> StdError {
    StdError::Io(io::Error::other(error))
}
