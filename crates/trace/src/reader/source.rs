//! Where the encoded events of a trace are, in memory or in a file: [`Source`]. What is read of them again is small at any time, a
//! [`Window`] for each thread that is under way, and of a file the [`Blocks`] that these were filled from last.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::mem;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::error::ReadErrorKind;
use crate::event::EventKind;
use crate::format::decode::RunState;
use crate::format::wire::Cursor;

#[cfg(test)]
mod tests;

/// Bytes of a window, if no event is longer.
const WINDOW: usize = 512;
/// Bytes of a file that are read at once.
const BLOCK: usize = 4096;
/// Blocks that are kept: the threads that are under way read near each other, for a file is written as time goes on.
const BLOCKS: usize = 256;

/// Where the encoded events are.
#[derive(Debug)]
pub(super) enum Source {
    /// The payloads of the event chunks, one after the other.
    Memory(Vec<u8>),
    File(FileSource),
}

/// A file that was read once, to its end, and is read again in parts.
#[derive(Debug)]
pub(super) struct FileSource {
    file: Mutex<File>,
    /// Why it could not be read again as it was.
    failure: OnceLock<Failure>,
}

#[derive(Debug)]
enum Failure {
    Io(u64, io::ErrorKind, String),
    Changed(u64),
}

impl FileSource {
    pub(super) fn new(file: File) -> Self {
        Self {
            file: Mutex::new(file),
            failure: OnceLock::new(),
        }
    }

    /// Fills the block with what is at `offset`, as far as the file goes.
    fn read(&self, offset: u64, block: &mut Vec<u8>) {
        block.clear();
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let sought = file.seek(SeekFrom::Start(offset));
        let read = sought.and_then(|_| Read::take(&mut *file, BLOCK as u64).read_to_end(block));
        if let Err(error) = read {
            block.clear();
            let _ = self
                .failure
                .set(Failure::Io(offset, error.kind(), error.to_string()));
        }
    }
}

impl Source {
    /// What was not there any more, of what had been there when the trace was read first.
    pub(super) fn failure(&self) -> Option<ReadErrorKind> {
        let Self::File(source) = self else {
            return None;
        };
        Some(match source.failure.get()? {
            Failure::Io(offset, kind, text) => ReadErrorKind::Io {
                offset: *offset,
                source: io::Error::new(*kind, text.clone()),
            },
            Failure::Changed(offset) => ReadErrorKind::Changed { offset: *offset },
        })
    }

    /// Something at this place is not what it was.
    fn changed(&self, offset: u64) {
        if let Self::File(source) = self {
            let _ = source.failure.set(Failure::Changed(offset));
        }
    }

    /// Appends the `count` bytes at `offset`, or as many of them as there are.
    fn append(&self, blocks: &mut Blocks, mut offset: u64, mut count: usize, to: &mut Vec<u8>) {
        match self {
            Self::Memory(bytes) => {
                let from = usize::try_from(offset).map_or(bytes.len(), |at| at.min(bytes.len()));
                to.extend_from_slice(&bytes[from..from.saturating_add(count).min(bytes.len())]);
            }
            Self::File(source) => {
                while count > 0 {
                    let block = blocks.get(source, offset / BLOCK as u64);
                    let from = (offset % BLOCK as u64) as usize;
                    let part = block.get(from..).unwrap_or_default();
                    let part = &part[..part.len().min(count)];
                    if part.is_empty() {
                        return;
                    }
                    to.extend_from_slice(part);
                    offset += part.len() as u64;
                    count -= part.len();
                }
            }
        }
    }
}

/// The parts of a file that were asked for last.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks(Vec<Block>);

#[derive(Clone, Debug, Default)]
struct Block {
    /// Its number in the file, if it was read.
    number: Option<u64>,
    bytes: Vec<u8>,
}

impl Blocks {
    fn get(&mut self, source: &FileSource, number: u64) -> &[u8] {
        if self.0.is_empty() {
            self.0.resize_with(BLOCKS, Block::default);
        }
        // Chunks may stand at even distances, and each has its place all the same.
        let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let block = &mut self.0[spread as usize % BLOCKS];
        if block.number != Some(number) {
            source.read(number * BLOCK as u64, &mut block.bytes);
            block.number = Some(number);
        }
        &block.bytes
    }
}

/// A part of a run's bytes, in which the next event is.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    bytes: Vec<u8>,
    /// Where in them the next event begins.
    at: usize,
    /// Where in the source that is which comes after them, and how much that is.
    rest: u64,
    left: usize,
}

impl Window {
    /// Makes the `length` bytes at `at` those that are read next.
    pub(super) fn begin(&mut self, at: u64, length: u32) {
        self.bytes.clear();
        self.at = 0;
        self.rest = at;
        self.left = length as usize;
    }

    /// The next event, of which none takes more than `longest` bytes. The bytes were found well before; if they are not, the
    /// source is told.
    #[inline]
    pub(super) fn event(
        &mut self,
        source: &Source,
        blocks: &mut Blocks,
        longest: usize,
        state: &mut RunState,
    ) -> Option<(u64, EventKind)> {
        if self.bytes.len() - self.at < longest && self.left > 0 {
            self.fill(source, blocks, longest);
        }
        let mut cursor = Cursor::new(&self.bytes[self.at..]);
        if let Ok(event) = state.event(&mut cursor) {
            self.at += cursor.position();
            return Some(event);
        }
        source.changed(self.rest);
        None
    }

    /// Twice the longest event, so that not every one moves what is there.
    #[cold]
    fn fill(&mut self, source: &Source, blocks: &mut Blocks, longest: usize) {
        self.bytes.drain(..mem::take(&mut self.at));
        let wanted = WINDOW.max(longest.saturating_mul(2)) - self.bytes.len();
        let count = wanted.min(self.left);
        self.bytes.reserve_exact(count);
        source.append(blocks, self.rest, count, &mut self.bytes);
        self.rest += count as u64;
        self.left -= count;
    }
}
