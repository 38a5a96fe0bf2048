//! The hot path: a buffer that only one thread appends to, behind a mutex that is all but never contended.
//!
//! Three others touch a buffer: `finish`, which takes the rest; the writer thread's sweep, which takes what has
//! lain there for long; and nobody else. Each takes the events and leaves an empty buffer.

use std::mem;
use std::sync::Arc;

use super::buffer::{Buffer, Events};
use super::shared::Shared;
use crate::compact::CompactSource;
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
    pub(super) fn new(shared: Arc<Shared>, thread: u32, source: Option<Arc<dyn CompactSource>>) -> Recorder {
        let buffer = Arc::new(Buffer::of_thread(thread, source));
        let slot = shared.registry.insert(&buffer);
        Recorder { shared, buffer, slot }
    }

    /// Records that the thread did `kind` at `time`, in nanoseconds since the start of the run. Times of one
    /// thread must increase; see [`Event`](crate::Event) for what else they have to respect.
    ///
    /// Returns false, without recording, once the trace is closed. It waits if the writer thread is far behind.
    #[inline]
    pub fn record(&self, time: u64, kind: EventKind) -> bool {
        let mut pending = self.buffer.pending.lock();
        // Under the lock, so that `finish`, which locks after it has closed, misses nothing that went in.
        if self.shared.is_closed() {
            return false;
        }
        self.buffer.pull(&self.shared.queue, &mut pending);
        let events = &mut pending.events;
        events.push(Stamped { time, kind });
        if events.len() >= BUFFER_EVENTS {
            let full = mem::replace(events, Vec::with_capacity(BUFFER_EVENTS));
            self.buffer.send(&self.shared.queue, Events::Stamped(full));
        }
        true
    }

    /// Takes what is in the source of compact events, so that there is room in it. It waits if the writer thread is far
    /// behind.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use threadlink_trace::{CompactEvent, CompactKind, CompactSource, TraceWriter};
    ///
    /// struct Waiting(Mutex<Vec<CompactEvent>>);
    /// impl CompactSource for Waiting {
    ///     fn take(&self, into: &mut Vec<CompactEvent>) {
    ///         into.append(&mut self.0.lock().unwrap());
    ///     }
    /// }
    ///
    /// let writer = TraceWriter::to_sink(Box::new(Vec::new()))?;
    /// let release = CompactEvent::new(CompactKind::Release, 1_000, 0x40, 0);
    /// let waiting = Arc::new(Waiting(Mutex::new(vec![release])));
    /// let recorder = writer.recorder_with(0, waiting.clone());
    /// recorder.drain();
    /// assert!(waiting.0.lock().unwrap().is_empty());
    /// assert_eq!(writer.finish()?.events, 1);
    /// # Ok::<(), threadlink_trace::WriteError>(())
    /// ```
    pub fn drain(&self) {
        let mut pending = self.buffer.pending.lock();
        self.buffer.pull(&self.shared.queue, &mut pending);
    }

    /// Whether somebody is in the middle of recording.
    #[cfg(test)]
    pub(super) fn is_busy(&self) -> bool {
        self.buffer.pending.is_locked()
    }

    #[cfg(test)]
    pub(super) fn buffer(&self) -> Arc<Buffer> {
        Arc::clone(&self.buffer)
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
        self.buffer.end(&self.shared.queue);
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
