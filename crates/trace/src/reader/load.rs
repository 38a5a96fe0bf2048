//! From a stream of bytes to a checked [`Trace`]: chunk by chunk, so that what is not a trace is refused after
//! its first bytes, and what memory is used is used by bytes that were really there.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use super::error::{Damage, ReadError, ReadErrorKind};
use super::trace::{LockInfo, Run, Stream, ThreadInfo, Trace};
use crate::deadlock::Deadlock;
use crate::event::EventKind;
use crate::format::FORMAT_VERSION;
use crate::format::chunk::{BadHeader, HEADER_SIZE, Header, MAGIC, SYNC, kind};
use crate::format::decode::{self, RunState};
use crate::format::wire::{Cursor, Malformed};
use crate::site::Site;

impl Trace {
    /// Reads a trace file.
    ///
    /// # Errors
    /// If the file can't be read, is no trace, or is damaged: the error names the file, and the chunk with its
    /// offset. A file that merely ends early is no error, unless not even its first chunk is whole.
    pub fn open(path: impl AsRef<Path>) -> Result<Trace, ReadError> {
        let path = path.as_ref();
        File::open(path)
            .map_err(|error| ReadErrorKind::Open(error).into())
            .and_then(|file| Trace::read(BufReader::new(file)))
            .map_err(|error: ReadError| error.in_file(path))
    }

    /// Reads a trace from a stream, or from bytes in memory (`&[u8]` is a stream). Reads to its end.
    ///
    /// # Errors
    /// As [`open`](Trace::open).
    pub fn read(reader: impl Read) -> Result<Trace, ReadError> {
        Ok(load(reader)?)
    }
}

fn load(mut reader: impl Read) -> Result<Trace, ReadErrorKind> {
    let mut loader = Loader::default();
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
            (_, kind) => loader.chunk(kind, &payload).map_err(damaged)?,
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
    data: Vec<u8>,
    threads: HashMap<u32, Loading>,
    sites: BTreeMap<u32, Site>,
    locks: BTreeMap<(u32, u64), LockInfo>,
    deadlocks: Vec<Deadlock>,
    /// Chunks of each kind that this version does not know.
    unknown: BTreeMap<u8, u64>,
    events: u64,
    ended: bool,
    truncated: Option<String>,
}

struct Loading {
    info: ThreadInfo,
    runs: Vec<Run>,
}

impl Loading {
    fn new(id: u32) -> Loading {
        let info = ThreadInfo {
            id,
            name: None,
            parent: None,
            events: 0,
            first: None,
            last: None,
            ended: None,
        };
        Loading {
            info,
            runs: Vec::new(),
        }
    }
}

impl Loader {
    fn chunk(&mut self, kind: u8, payload: &[u8]) -> Result<(), Damage> {
        match kind {
            kind::EVENTS => self.events(payload)?,
            kind::THREADS => self.definitions(payload)?,
            kind::SITES => self.sites(payload)?,
            kind::LOCKS => self.locks(payload)?,
            kind::DEADLOCK => self.deadlocks.push(decode::deadlock(payload, self.version)?),
            kind::END => self.end(payload)?,
            _ => *self.unknown.entry(kind).or_default() += 1,
        }
        Ok(())
    }

    fn thread(&mut self, id: u32) -> &mut Loading {
        self.threads.entry(id).or_insert_with(|| Loading::new(id))
    }

    /// Decodes every event once, so that nobody after this meets a malformed one.
    fn events(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let base = self.data.len();
        let mut cursor = Cursor::new(payload);
        while !cursor.is_empty() {
            let (id, count) = decode::run(&mut cursor)?;
            let at = base + cursor.position();
            let mut state = RunState::new(self.version);
            let thread = self.thread(id);
            for _ in 0..count {
                let (time, kind) = state.event(&mut cursor)?;
                thread.info.first.get_or_insert(time);
                thread.info.last = Some(time);
                if let EventKind::End { how } = kind {
                    thread.info.ended = Some(how);
                }
            }
            thread.info.events += count as u64;
            thread.runs.push(Run { at, events: count });
            self.events += count as u64;
        }
        self.data.extend_from_slice(payload);
        Ok(())
    }

    fn definitions(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let mut cursor = Cursor::new(payload);
        while !cursor.is_empty() {
            let definition = decode::thread(&mut cursor)?;
            let info = &mut self.thread(definition.id).info;
            info.name = definition.name.map(str::to_owned);
            info.parent = definition.parent;
        }
        Ok(())
    }

    fn sites(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let mut cursor = Cursor::new(payload);
        while !cursor.is_empty() {
            let site = decode::site(&mut cursor)?;
            let known = Site::new(site.addr, site.file, site.line, site.column);
            self.sites.insert(site.addr, known);
        }
        Ok(())
    }

    fn locks(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let mut cursor = Cursor::new(payload);
        while !cursor.is_empty() {
            let lock = decode::lock(&mut cursor)?;
            self.locks.insert(
                (lock.addr, lock.since),
                LockInfo {
                    addr: lock.addr,
                    since: lock.since,
                    made: lock.made,
                    name: lock.name.map(str::to_owned),
                },
            );
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
            "{what}; the program was killed or the disk was full, so the last events of some threads are missing"
        ));
    }

    fn finish(self) -> Trace {
        let mut streams = Vec::new();
        let mut threads = Vec::with_capacity(self.threads.len());
        for thread in self.threads.into_values() {
            if let Some(first) = thread.info.first {
                streams.push(Stream {
                    thread: thread.info.id,
                    first,
                    runs: thread.runs,
                });
            }
            threads.push(thread.info);
        }
        streams.sort_unstable_by_key(|stream| (stream.first, stream.thread));
        threads.sort_unstable_by_key(|info| info.id);
        let truncated = self.truncated.is_some();
        let unknown = self.unknown.into_iter().map(|(kind, count)| {
            format!(
                "skipped {count} chunks of kind {kind}, which this version does not know; a newer threadlink shows \
                 what is in them"
            )
        });
        Trace {
            version: self.version,
            data: self.data,
            streams,
            events: self.events,
            threads,
            sites: self.sites.into_values().collect(),
            locks: self.locks.into_values().collect(),
            deadlocks: self.deadlocks,
            truncated,
            warnings: self.truncated.into_iter().chain(unknown).collect(),
        }
    }
}
