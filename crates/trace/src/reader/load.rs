//! From a stream of bytes to a checked [`Trace`]: chunk by chunk, so that what is not a trace is refused after
//! its first bytes, and what memory is used is used by bytes that were really there. Of a file's events only their places are kept.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::mem;
use std::path::Path;
use std::sync::Arc;

use super::attention::Attention;
use super::error::{Damage, ReadError, ReadErrorKind};
use super::lives::Lives;
use super::source::{FileSource, Source};
use super::trace::{LockInfo, Run, Stream, ThreadInfo, Trace};
use crate::deadlock::Deadlock;
use crate::event::EventKind;
use crate::format::FORMAT_VERSION;
use crate::format::chunk::{BadHeader, HEADER_SIZE, Header, MAGIC, SYNC, kind};
use crate::format::decode::{self, RunState};
use crate::format::wire::{Cursor, Malformed};
use crate::site::Site;

/// Edges of deadlocks that are kept, of all of them together: more than a host lets threads live at once, unless it is told
/// to. An edge takes two bytes in a file, and a hundred times that where its names are known.
const MOST_EDGES: usize = 4096;
/// Bytes of a file that are read at once.
const READ: usize = 64 << 10;

impl Trace {
    /// Reads a trace file.
    ///
    /// # Errors
    /// If the file can't be read, is no trace, or is damaged: the error names the file, and the chunk with its
    /// offset. A file that merely ends early is no error, unless not even its first chunk is whole.
    pub fn open(path: impl AsRef<Path>) -> Result<Trace, ReadError> {
        let path = path.as_ref();
        let opened = || {
            let file = File::open(path).map_err(ReadErrorKind::Open)?;
            // A pipe gives its bytes once.
            let again = file.metadata().is_ok_and(|metadata| metadata.is_file());
            if !again {
                return load(BufReader::new(file), Some(Vec::new()));
            }
            let mut trace = load(BufReader::with_capacity(READ, &file), None)?;
            trace.source = Source::File(FileSource::new(file));
            trace.path = Some(path.to_owned());
            Ok(trace)
        };
        opened().map_err(|error| ReadError::from(error).in_file(path))
    }

    /// Reads a trace from a stream, or from bytes in memory (`&[u8]` is a stream), to its end, and keeps the bytes of the events in
    /// memory: [`open`](Trace::open) does not.
    ///
    /// # Errors
    /// As [`open`](Trace::open).
    pub fn read(reader: impl Read) -> Result<Trace, ReadError> {
        Ok(load(reader, Some(Vec::new()))?)
    }
}

/// Reads a trace. The bytes of its events are in `kept` afterwards, or else have their places in what `reader` reads, from its
/// start.
fn load(mut reader: impl Read, kept: Option<Vec<u8>>) -> Result<Trace, ReadErrorKind> {
    let mut loader = Loader {
        kept,
        ..Loader::default()
    };
    let mut payload = Vec::new();
    let (mut chunk, mut offset) = (0u64, 0u64);
    let truncated_at = loop {
        let damaged = |damage| ReadErrorKind::Damaged {
            chunk,
            offset,
            damage,
        };
        let io = |source| ReadErrorKind::Io { offset, source };
        let mut head = [0; HEADER_SIZE];
        let got = read_up_to(&mut reader, &mut head).map_err(io)?;
        if got == 0 && chunk > 0 {
            break (!loader.ended).then_some(None);
        }
        if loader.ended {
            return Err(damaged(Damage::AfterEnd));
        }
        let begins = got.min(SYNC.len());
        if got < HEADER_SIZE && head[..begins] == SYNC[..begins] {
            break Some(Some(got as u64));
        }
        let header = match Header::parse(&head) {
            Ok(header) => header,
            Err(bad) => {
                let is_trace = chunk > 0 || bad != BadHeader::Sync || {
                    payload.clear();
                    let length = MAGIC.len() as u64;
                    let read = reader.by_ref().take(length).read_to_end(&mut payload);
                    read.map_err(io)?;
                    payload == MAGIC
                };
                return Err(match bad {
                    _ if !is_trace => ReadErrorKind::NotATrace,
                    BadHeader::Sync => damaged(Damage::NoChunk),
                    BadHeader::Checksum => damaged(Damage::HeaderChecksum),
                    BadHeader::Field => damaged(Damage::HeaderField),
                });
            }
        };
        payload.clear();
        let length = header.length as u64;
        let read = reader.by_ref().take(length).read_to_end(&mut payload);
        read.map_err(io)?;
        if payload.len() < header.length {
            break Some(Some((HEADER_SIZE + payload.len()) as u64));
        }
        if crc32fast::hash(&payload) != header.payload_crc {
            return Err(damaged(Damage::Checksum));
        }
        if u64::from(header.sequence) != chunk {
            let found = header.sequence;
            return Err(damaged(Damage::Sequence { found }));
        }
        match (chunk, header.kind) {
            (0, kind::FILE) => match decode::file(&payload) {
                Some(version @ 1..=FORMAT_VERSION) => loader.version = version,
                Some(version) => return Err(ReadErrorKind::Version(version)),
                None => return Err(ReadErrorKind::NotATrace),
            },
            (0, _) => return Err(ReadErrorKind::NotATrace),
            (_, kind::FILE) => return Err(damaged(Damage::Misplaced)),
            (_, kind) => {
                let at = offset + HEADER_SIZE as u64;
                loader.chunk(kind, at, &payload).map_err(damaged)?;
            }
        }
        offset += (HEADER_SIZE + header.length) as u64;
        chunk += 1;
    };
    match truncated_at {
        None => {}
        Some(None) => loader.warn_truncated(&format!(
            "the trace has no end: it stops after chunk {}, at byte {offset}",
            chunk - 1
        )),
        Some(Some(0)) if chunk == 0 => return Err(ReadErrorKind::Empty),
        Some(Some(part)) if chunk == 0 => return Err(ReadErrorKind::TooShort(part)),
        Some(Some(part)) => loader.warn_truncated(&format!(
            "the trace is cut off in the middle of chunk {chunk}, at byte {}",
            offset + part
        )),
    }
    Ok(loader.finish())
}

/// Fills `buffer` as far as there is something to fill it with.
fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match reader.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(count) => got += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

#[derive(Default)]
struct Loader {
    /// Of the file's format; known from the first chunk on.
    version: u16,
    /// The payloads of the event chunks, one after the other, if they are kept.
    kept: Option<Vec<u8>>,
    threads: Vec<ThreadInfo>,
    /// The places of threads in `threads`, by their ids.
    places: HashMap<u32, usize>,
    /// Those of each thread, at its place, in the order of the file.
    runs: Vec<Vec<Run>>,
    /// Bytes of the longest event.
    longest: usize,
    /// In the order of the file: what defines something again comes later.
    sites: Vec<Site>,
    /// Likewise.
    locks: Vec<LockInfo>,
    /// Which of them stood where, by the events.
    lives: Lives,
    /// Events of each kind that this version does not know.
    unknown_events: BTreeMap<u8, u64>,
    names: Names,
    deadlocks: Vec<Deadlock>,
    /// Edges in them.
    edges: usize,
    /// Deadlocks that were not kept.
    left_out: u64,
    /// Chunks of each kind that this version does not know.
    unknown: BTreeMap<u8, u64>,
    events: u64,
    ended: bool,
    truncated: Option<String>,
}

/// Texts that were defined: many locks have one name.
#[derive(Default)]
struct Names(HashSet<Arc<str>>);

impl Names {
    fn shared(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return known.clone();
        }
        let name: Arc<str> = name.into();
        self.0.insert(name.clone());
        name
    }
}

impl Loader {
    /// `at` is where in the file the payload is.
    fn chunk(&mut self, kind: u8, at: u64, payload: &[u8]) -> Result<(), Damage> {
        match kind {
            kind::EVENTS => self.events(at, payload)?,
            kind::THREADS => self.definitions(payload)?,
            kind::SITES => self.sites(payload)?,
            kind::LOCKS => self.locks(payload)?,
            kind::DEADLOCK => self.deadlock(payload)?,
            kind::END => self.end(payload)?,
            _ => *self.unknown.entry(kind).or_default() += 1,
        }
        Ok(())
    }

    fn thread(&mut self, id: u32) -> &mut ThreadInfo {
        let place = self.place(id);
        &mut self.threads[place]
    }

    /// Where the thread is in `threads`.
    fn place(&mut self, id: u32) -> usize {
        *self.places.entry(id).or_insert_with(|| {
            self.threads.push(ThreadInfo {
                id,
                name: None,
                parent: None,
                events: 0,
                first: None,
                last: None,
                ended: None,
            });
            self.runs.push(Vec::new());
            self.threads.len() - 1
        })
    }

    /// Decodes every event once, so that nobody after this meets a malformed one.
    fn events(&mut self, at: u64, payload: &[u8]) -> Result<(), Malformed> {
        let base = self.kept.as_ref().map_or(at, |kept| kept.len() as u64);
        let mut cursor = Cursor::new(payload);
        while !cursor.is_empty() {
            let (id, count) = decode::run(&mut cursor)?;
            let begin = cursor.position();
            let mut at = begin;
            let mut longest = self.longest;
            let mut state = RunState::new(self.version);
            let place = self.place(id);
            let thread = &mut self.threads[place];
            for _ in 0..count {
                let (time, kind) = state.event(&mut cursor)?;
                longest = longest.max(cursor.position() - at);
                at = cursor.position();
                thread.first.get_or_insert(time);
                thread.last = Some(time);
                match kind {
                    EventKind::End { how } => thread.ended = Some(how),
                    EventKind::Instance { lock, instance } => self.lives.begin(lock, instance, time),
                    EventKind::InstanceEnd { instance, .. } => self.lives.end(instance, time),
                    EventKind::Unknown { kind } => *self.unknown_events.entry(kind).or_default() += 1,
                    _ => {}
                }
            }
            thread.events += u64::from(count);
            self.longest = longest;
            self.runs[place].push(Run {
                at: base + begin as u64,
                bytes: u32::try_from(at - begin).map_err(|_| Malformed::TooBig)?,
                events: count,
            });
            self.events += u64::from(count);
        }
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(payload);
        }
        Ok(())
    }

    fn definitions(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let mut cursor = Cursor::new(payload);
        while !cursor.is_empty() {
            let definition = decode::thread(&mut cursor)?;
            let name = definition.name.map(|name| self.names.shared(name));
            let info = self.thread(definition.id);
            info.name = name;
            info.parent = definition.parent;
        }
        Ok(())
    }

    fn sites(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let mut cursor = Cursor::new(payload);
        while !cursor.is_empty() {
            let site = decode::site(&mut cursor)?;
            let file = self.names.shared(site.file);
            self.sites
                .push(Site::new(site.addr, file, site.line, site.column));
        }
        Ok(())
    }

    fn locks(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let mut cursor = Cursor::new(payload);
        while !cursor.is_empty() {
            let lock = decode::lock(&mut cursor)?;
            self.locks.push(LockInfo {
                addr: lock.addr,
                since: lock.since,
                instance: 0,
                ended: None,
                made: lock.made,
                name: lock.name.map(|name| self.names.shared(name)),
            });
        }
        Ok(())
    }

    fn deadlock(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let most = MOST_EDGES - self.edges;
        let deadlock = decode::deadlock(payload, self.version, most)?;
        self.edges += deadlock.edges.len();
        if most > 0 {
            self.deadlocks.push(deadlock);
        } else {
            self.left_out += 1;
        }
        Ok(())
    }

    fn end(&mut self, payload: &[u8]) -> Result<(), Damage> {
        let (events, threads) = decode::end(payload)?;
        let (found_events, found_threads) = (self.events, self.threads.len() as u64);
        if (events, threads) != (found_events, found_threads) {
            return Err(Damage::Counts {
                events,
                threads,
                found_events,
                found_threads,
            });
        }
        self.ended = true;
        Ok(())
    }

    fn warn_truncated(&mut self, what: &str) {
        self.truncated = Some(format!(
            "{what}; the program was killed, the disk was full or the trace had a limit (--max-trace), so the last events of some \
             threads are missing"
        ));
    }

    fn finish(self) -> Trace {
        let mut threads = self.threads;
        let with_events = threads.iter().zip(self.runs).filter_map(|(info, mut runs)| {
            runs.shrink_to_fit();
            let (thread, first) = (info.id, info.first?);
            Some(Stream { thread, first, runs })
        });
        let mut streams: Vec<Stream> = with_events.collect();
        threads.sort_unstable_by_key(|info| info.id);
        streams.sort_unstable_by_key(|stream| (stream.first, stream.thread));
        let truncated = self.truncated.is_some();
        let unknown = self.unknown.into_iter().map(|(kind, count)| {
            format!(
                "skipped {count} chunks of kind {kind}, which this version does not know; a newer threadlink shows \
                 what is in them"
            )
        });
        let unknown_events = self.unknown_events.into_iter().map(|(kind, count)| {
            format!(
                "skipped {count} events of kind {kind}, which this version does not know; a newer threadlink shows \
                 what they say"
            )
        });
        let left_out = (self.left_out > 0).then(|| {
            let count = self.left_out;
            format!(
                "left out {count} deadlocks: the ones before have {MOST_EDGES} threads already, and a run ends with its first"
            )
        });
        Trace {
            version: self.version,
            source: Source::Memory(self.kept.unwrap_or_default()),
            path: None,
            longest: self.longest,
            streams,
            events: self.events,
            threads,
            sites: latest(self.sites, |site| site.address),
            locks: self
                .lives
                .into_locks(latest(self.locks, |lock| (lock.addr, lock.since))),
            deadlocks: self.deadlocks,
            truncated,
            attention: Attention::default(),
            warnings: self
                .truncated
                .into_iter()
                .chain(unknown)
                .chain(unknown_events)
                .chain(left_out)
                .collect(),
        }
    }
}

/// Ascending by key; of those with one key only the last.
fn latest<T, K: Ord>(mut things: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    things.sort_by_key(&key);
    things.dedup_by(|later, kept| {
        let again = key(later) == key(kept);
        if again {
            mem::swap(later, kept);
        }
        again
    });
    things
}
