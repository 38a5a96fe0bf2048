//! The guest's standard output and error: each write in one piece, and not more of both than is allowed.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use threadlink_watch::{Budget, Charge};

use super::stream::{Stream, Target, full};

/// How many bytes a run may still write, to both of its streams together.
#[derive(Debug)]
pub(super) struct Allowance(AtomicU64);

impl Allowance {
    pub(super) fn new(bytes: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(bytes)))
    }

    /// Takes what is left, up to `wanted`.
    fn take(&self, wanted: usize) -> usize {
        let mut taken = 0;
        let take = |left: u64| {
            taken = left.min(wanted as u64);
            Some(left - taken)
        };
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        // Not more than `wanted`.
        usize::try_from(taken).unwrap_or(wanted)
    }
}

/// A stream that many guest threads write to.
pub(crate) struct Output {
    sink: Mutex<Sink>,
    captures: bool,
    allowance: Arc<Allowance>,
}

enum Sink {
    To(Box<dyn Write + Send>),
    Nowhere,
    /// What was written, and what it is paid with.
    Kept(Vec<u8>, Charge),
}

/// Why a stream did not take all that it was given.
pub(crate) enum Refused {
    /// The run has written all that it may.
    Limit,
    Failed(io::Error),
}

impl Output {
    /// The error says that the budget is used up.
    pub(super) fn new<W: Write + Send + 'static>(
        stream: Stream,
        own: impl FnOnce() -> W,
        allowance: &Arc<Allowance>,
        budget: &Arc<Budget>,
    ) -> io::Result<Self> {
        let sink = match stream.0.resolved(own) {
            Target::Sink(sink) => Sink::To(sink),
            Target::Captured => Sink::Kept(Vec::new(), budget.charge(0).ok_or_else(full)?),
            Target::Discarded | Target::Inherited => Sink::Nowhere,
        };
        Ok(Self {
            captures: matches!(sink, Sink::Kept(..)),
            sink: Mutex::new(sink),
            allowance: allowance.clone(),
        })
    }

    /// Writes all of `pieces` with no other write in between.
    pub(super) fn write_all<'a>(
        &self,
        mut pieces: impl Iterator<Item = Cow<'a, [u8]>>,
    ) -> Result<(), Refused> {
        let mut sink = self.sink.lock();
        pieces.try_for_each(|piece| {
            let allowed = self.allowance.take(piece.len());
            sink.write_all(&piece[..allowed]).map_err(Refused::Failed)?;
            if allowed < piece.len() {
                let _ = sink.flush();
                return Err(Refused::Limit);
            }
            Ok(())
        })?;
        sink.flush().map_err(Refused::Failed)
    }

    /// What was captured; nothing else is from here on.
    pub(super) fn take(&self) -> Vec<u8> {
        // A thread that is stuck in another sink holds the lock for good.
        if !self.captures {
            return Vec::new();
        }
        match std::mem::replace(&mut *self.sink.lock(), Sink::Nowhere) {
            Sink::Kept(bytes, _) => bytes,
            Sink::To(_) | Sink::Nowhere => Vec::new(),
        }
    }
}

impl Sink {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::To(sink) => sink.write_all(bytes),
            Self::Nowhere => Ok(()),
            Self::Kept(kept, charge) => {
                // Twice: what grows has room for as much again.
                if !charge.add(2 * bytes.len()) {
                    return Err(full());
                }
                kept.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::To(sink) => sink.flush(),
            Self::Nowhere | Self::Kept(..) => Ok(()),
        }
    }
}
