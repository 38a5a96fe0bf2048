//! From lines to a trace: [`trace_of`].
//!
//! What lines do not tell is added: starts of threads, their ends where they are joined, requests, and for a thread that nobody
//! forks a fork by the first thread before its own first event, which orders nothing. A read comes after the last write, as if
//! the one had waited for what the other leaves it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use threadlink_trace::{AcquireOp, EndKind, EventKind, Mode, Recorder, Trace, TraceWriter};

use super::line::{Line, Op};

/// Addresses from here on are those of what a write leaves a read; locks are below.
const FIRST_TOKEN: u32 = 1 << 31;

/// What things in lines are called: threads and locks by their numbers.
#[derive(Default)]
pub(super) struct Definitions {
    pub(super) threads: Vec<String>,
    pub(super) locks: Vec<String>,
    pub(super) sites: BTreeMap<u32, Place>,
}

/// A place in a source.
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A place of which there is nothing but its number.
impl From<u32> for Place {
    fn from(number: u32) -> Self {
        Self {
            file: "location".to_owned(),
            line: number,
            column: 1,
        }
    }
}

/// The trace that these lines tell.
pub(super) fn trace_of(names: &Definitions, lines: &[Line]) -> io::Result<Trace> {
    Writing::new(names, lines)?.all(lines)
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
    fn new(names: &Definitions, lines: &[Line]) -> io::Result<Self> {
        let kept = Kept::default();
        let writer = TraceWriter::to_sink(Box::new(kept.clone())).map_err(failed)?;
        for (number, name) in (0..).zip(&names.threads) {
            writer.define_thread(number, Some(name), None);
        }
        for (number, name) in (0..).zip(&names.locks) {
            writer.define_lock(address(number), 0, 0, Some(name));
        }
        for (site, place) in &names.sites {
            writer.define_site(*site, &place.file, place.line, place.column);
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
            let all = u32::try_from(names.threads.len()).unwrap_or(u32::MAX);
            for child in (0..all).filter(|child| *child != first.thread && !forked.contains(child)) {
                writing.record(first.thread, EventKind::Fork { child });
            }
        }
        Ok(writing)
    }

    fn all(mut self, lines: &[Line]) -> io::Result<Trace> {
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
                // Whoever has asked for a lock and ends without it has died.
                let failed = self.asked.remove(&what).is_some();
                let how = if failed { EndKind::Died } else { EndKind::Returned };
                // One that did nothing began as well.
                if self.ended.insert(what) {
                    self.record(what, EventKind::End { how });
                }
                let join = EventKind::Join {
                    child: what,
                    reaped: false,
                    failed,
                };
                self.record(thread, join);
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

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::other(error)
}
