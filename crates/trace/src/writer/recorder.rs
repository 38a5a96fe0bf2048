//! The hot path: a buffer that only one thread appends to, behind a mutex that is all but never contended.
//!
//! Three others touch a buffer: `finish`, which takes the rest; the writer thread's sweep, which takes what has
//! lain there for long; and nobody else. Each takes the events and leaves an empty buffer.

use std::mem;
use std::sync::Arc;

use super::buffer::Buffer;
use super::shared::Shared;
use crate::event::EventKind;
use crate::format::encode::Stamped;

/// Events in a full buffer.
pub(super) const BUFFER_EVENTS: usize = 4096;

/// Records the events of one thread. Dropping it hands over what is in its buffer.
///
/// Meant for the thread that the events are about; others may call it, but it's for the caller to see that the
/// times increase.
pub struct Recorder {
    shared: Arc<Shared>,
    buffer: Arc<Buffer>,
    slot: u64,
}

impl Recorder {
    pub(super) fn new(shared: Arc<Shared>, thread: u32) -> Recorder {
        let buffer = Arc::new(Buffer::of_thread(thread));
        let slot = shared.registry.insert(&buffer);
        Recorder { shared, buffer, slot }
    }

    /// Records that the thread did `kind` at `time`, in nanoseconds since the start of the run. Times of one
    /// thread must increase; see [`Event`](crate::Event) for what else they have to respect.
    ///
    /// Returns false, without recording, once the trace is closed. It waits if the writer thread is far behind.
    #[inline]
    pub fn record(&self, time: u64, kind: EventKind) -> bool {
        let mut events = self.buffer.events.lock();
        // Under the lock, so that `finish`, which locks after it has closed, misses nothing that went in.
        if self.shared.is_closed() {
            return false;
        }
        events.push(Stamped { time, kind });
        if events.len() == BUFFER_EVENTS {
            let full = mem::replace(&mut *events, Vec::with_capacity(BUFFER_EVENTS));
            self.buffer.send(&self.shared.queue, full);
        }
        true
    }

    /// Whether somebody is in the middle of recording.
    #[cfg(test)]
    pub(super) fn is_busy(&self) -> bool {
        self.buffer.events.is_locked()
    }

    /// The thread whose events this records.
    #[must_use]
    pub fn thread(&self) -> u32 {
        self.buffer.thread()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Flushed first: as long as the buffer is registered, `finish` waits for the flush.
        self.buffer.flush(&self.shared.queue);
        self.shared.registry.remove(self.slot);
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder")
            .field("thread", &self.buffer.thread())
            .finish_non_exhaustive()
    }
}
