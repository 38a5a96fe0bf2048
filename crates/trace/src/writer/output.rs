//! From values to chunks in the file. Small things are packed: a chunk holds the events of many short threads, or
//! many definitions.

use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::Arc;

use super::error::WriteError;
use super::most::Most;
use super::summary::Summary;
use crate::compact::CompactEvent;
use crate::deadlock::Deadlock;
use crate::format::chunk::{self, HEADER_SIZE, kind};
use crate::format::encode::{self, Stamped};

/// Size from which a payload is written instead of packed with more, in bytes. A full buffer adds 90 KB at worst.
const PACK: usize = 1 << 16;

/// Longest deadlock that is stored, in edges: far below what a chunk can hold. The rest of a longer one is cut.
const MAX_EDGES: usize = 1 << 18;

/// What an event takes at most, with what stands before a run of one, in bytes.
const EVENT: u64 = 48;

/// What a definition takes besides its name, at most, in bytes.
const DEFINITION: u64 = 64;

/// Kinds of chunks that can be waiting to be written.
const PENDING: u64 = 4;

pub(super) struct Output {
    sink: Box<dyn Write + Send>,
    /// What the sink is, in words.
    target: String,
    failure: Option<Arc<io::Error>>,
    most: Arc<Most>,
    /// Whether the trace has reached its limit, which is this then: nothing is written after that.
    full: Option<u64>,
    /// Chunks and bytes that are in the sink.
    chunks: u32,
    bytes: u64,
    /// Encoded, but not yet in the sink.
    events: Vec<u8>,
    threads: Vec<u8>,
    sites: Vec<u8>,
    locks: Vec<u8>,
    /// Events in `events`.
    pending_events: u64,
    /// Events in the sink.
    written_events: u64,
    lost_events: u64,
    thread_ids: HashSet<u32>,
    /// Empty: compact events are put here for a moment.
    expanded: Vec<Stamped>,
}

impl Output {
    /// Writes the file's first chunk.
    pub(super) fn begin(
        sink: Box<dyn Write + Send>,
        target: String,
        most: Arc<Most>,
    ) -> Result<Output, WriteError> {
        let mut output = Output {
            sink,
            target,
            failure: None,
            most,
            full: None,
            chunks: 0,
            bytes: 0,
            events: Vec::new(),
            threads: Vec::new(),
            sites: Vec::new(),
            locks: Vec::new(),
            pending_events: 0,
            written_events: 0,
            lost_events: 0,
            thread_ids: HashSet::new(),
            expanded: Vec::new(),
        };
        output.write(kind::FILE, &encode::file());
        output.check()?;
        Ok(output)
    }

    pub(super) fn events(&mut self, thread: u32, events: &[Stamped]) {
        if events.is_empty() {
            return;
        }
        self.thread_ids.insert(thread);
        let mut left = events;
        while !left.is_empty() {
            // As many as fit for certain; those of them that turn out short make room for more.
            let fit = usize::try_from(self.room() / EVENT).unwrap_or(usize::MAX);
            if !self.has_room(EVENT) {
                self.lost_events += left.len() as u64;
                return;
            }
            let (part, rest) = left.split_at(fit.min(left.len()));
            encode::runs(&mut self.events, thread, part);
            self.pending_events += part.len() as u64;
            if self.events.len() >= PACK {
                self.write_pending();
            }
            left = rest;
        }
    }

    pub(super) fn compact(&mut self, thread: u32, events: &[CompactEvent]) {
        let mut expanded = std::mem::take(&mut self.expanded);
        for event in events {
            event.each(|time, kind| expanded.push(Stamped { time, kind }));
        }
        self.events(thread, &expanded);
        expanded.clear();
        self.expanded = expanded;
    }

    /// Bytes that can be encoded and written before the trace reaches its limit.
    fn room(&self) -> u64 {
        if self.failure.is_some() || self.full.is_some() {
            return 0;
        }
        let waiting = self.events.len() + self.threads.len() + self.sites.len() + self.locks.len();
        let used = self.bytes + PENDING * HEADER_SIZE as u64 + waiting as u64;
        self.most.get().saturating_sub(used)
    }

    /// Whether there is room for this many bytes. If the limit is why there is not, what waits is written, and the trace
    /// ends.
    fn has_room(&mut self, bytes: u64) -> bool {
        if self.room() >= bytes {
            return true;
        }
        if self.failure.is_none() && self.full.is_none() {
            let most = self.most.get();
            self.write_pending();
            self.full = Some(most);
        }
        false
    }

    pub(super) fn thread(&mut self, id: u32, name: Option<&str>, parent: Option<u32>) {
        self.thread_ids.insert(id);
        if !self.has_room(DEFINITION + name.map_or(0, str::len) as u64) {
            return;
        }
        encode::thread(&mut self.threads, id, name, parent);
        if self.threads.len() >= PACK {
            self.write_pending();
        }
    }

    pub(super) fn site(&mut self, addr: u32, file: &str, line: u32, column: u32) {
        if !self.has_room(DEFINITION + file.len() as u64) {
            return;
        }
        encode::site(&mut self.sites, addr, file, line, column);
        if self.sites.len() >= PACK {
            self.write_pending();
        }
    }

    pub(super) fn lock(&mut self, addr: u32, since: u64, made: u32, name: Option<&str>) {
        if !self.has_room(DEFINITION + name.map_or(0, str::len) as u64) {
            return;
        }
        encode::lock(&mut self.locks, addr, since, made, name);
        if self.locks.len() >= PACK {
            self.write_pending();
        }
    }

    /// Written at once, and what came before it first: this is what the trace is read for.
    pub(super) fn deadlock(&mut self, deadlock: &Deadlock) {
        self.write_pending();
        let (edges, left_out) = deadlock.edges.split_at(deadlock.edges.len().min(MAX_EDGES));
        let more = deadlock.more.saturating_add(left_out.len() as u64);
        let kept = Deadlock::new(edges.to_vec()).and_more(more);
        let encoded = encode::deadlock(&kept);
        if self.has_room(encoded.len() as u64) {
            self.write(kind::DEADLOCK, &encoded);
        }
    }

    /// Writes what is encoded, definitions first, so that a trace that ends early knows the names in it.
    pub(super) fn write_pending(&mut self) {
        for kind in [kind::THREADS, kind::SITES, kind::LOCKS, kind::EVENTS] {
            let pending = match kind {
                kind::THREADS => &mut self.threads,
                kind::SITES => &mut self.sites,
                kind::LOCKS => &mut self.locks,
                _ => &mut self.events,
            };
            if pending.is_empty() {
                continue;
            }
            let mut payload = std::mem::take(pending);
            let written = self.write(kind, &payload);
            payload.clear();
            match kind {
                kind::THREADS => self.threads = payload,
                kind::SITES => self.sites = payload,
                kind::LOCKS => self.locks = payload,
                _ => {
                    self.events = payload;
                    let events = std::mem::take(&mut self.pending_events);
                    *if written {
                        &mut self.written_events
                    } else {
                        &mut self.lost_events
                    } += events;
                }
            }
        }
    }

    /// Writes the end chunk.
    pub(super) fn finish(mut self) -> Result<Summary, WriteError> {
        self.write_pending();
        let mut summary = Summary {
            events: self.written_events,
            threads: self.thread_ids.len() as u64,
            bytes: 0,
        };
        let end = encode::end(summary.events, summary.threads);
        if self.has_room(end.len() as u64) {
            self.write(kind::END, &end);
        }
        if self.failure.is_none() {
            self.failure = self.sink.flush().err().map(Arc::new);
        }
        self.check()?;
        summary.bytes = self.bytes;
        Ok(summary)
    }

    /// Writes what is encoded, but no end.
    pub(super) fn abandon(mut self) -> Result<Summary, WriteError> {
        self.write_pending();
        Err(WriteError::Stalled {
            target: self.target,
            lost: self.lost_events,
        })
    }

    /// Writes one chunk. After an error nothing more is written: a chunk behind a torn one could not be found.
    fn write(&mut self, kind: u8, payload: &[u8]) -> bool {
        if self.failure.is_some() || self.full.is_some() {
            return false;
        }
        let chunk = chunk::assemble(kind, self.chunks, payload);
        let written = self.sink.write_all(&chunk).and_then(|()| {
            self.chunks
                .checked_add(1)
                .ok_or_else(|| io::Error::new(io::ErrorKind::FileTooLarge, "the trace has 2^32 chunks"))
        });
        match written {
            Ok(chunks) => {
                self.chunks = chunks;
                self.bytes += chunk.len() as u64;
                true
            }
            Err(error) => {
                self.failure = Some(Arc::new(error));
                false
            }
        }
    }

    fn check(&self) -> Result<(), WriteError> {
        match (&self.failure, self.full) {
            (None, None) => Ok(()),
            (None, Some(limit)) => Err(WriteError::Full {
                target: self.target.clone(),
                limit,
                lost: self.lost_events,
            }),
            (Some(source), _) => Err(WriteError::Write {
                target: self.target.clone(),
                written: self.bytes,
                lost: self.lost_events,
                source: Arc::clone(source),
            }),
        }
    }
}
