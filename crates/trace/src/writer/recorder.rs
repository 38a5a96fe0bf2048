//! The hot path: a buffer that only one thread appends to, behind a mutex that is all but never contended.
//!
//! Three others touch a buffer: `finish`, which takes the rest; the writer thread's sweep, which takes what has
//! lain there for long; and nobody else. Each takes the events and leaves an empty buffer.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;

use super::Shared;
use super::drain::Message;
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
        let buffer = Arc::new(Buffer {
            thread,
            events: Mutex::default(),
            in_flight: AtomicU32::new(0),
        });
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
            self.buffer.send(&self.shared, full);
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
        self.buffer.thread
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Flushed first: as long as the buffer is registered, `finish` waits for the flush.
        self.buffer.flush(&self.shared);
        self.shared.registry.remove(self.slot);
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder")
            .field("thread", &self.buffer.thread)
            .finish_non_exhaustive()
    }
}

/// Events of one thread that the writer thread does not have yet.
pub(super) struct Buffer {
    thread: u32,
    events: Mutex<Vec<Stamped>>,
    /// Messages with this buffer's events in the queue; raised under the lock of `events`.
    in_flight: AtomicU32,
}

impl Buffer {
    pub(super) fn thread(&self) -> u32 {
        self.thread
    }

    /// Sends what is in the buffer.
    pub(super) fn flush(self: &Arc<Self>, shared: &Shared) {
        let mut events = self.events.lock();
        if !events.is_empty() {
            let events = mem::take(&mut *events);
            self.send(shared, events);
        }
    }

    /// To be called under the lock of `events`: that's what keeps a thread's messages in order.
    fn send(self: &Arc<Self>, shared: &Shared, events: Vec<Stamped>) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        shared.send(Message::Events {
            buffer: Arc::clone(self),
            events,
        });
    }

    /// The writer thread has taken a message of this buffer from the queue.
    pub(super) fn received(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// For the writer thread: takes what is in the buffer, unless earlier events of it are still in the queue.
    ///
    /// It must not wait for the lock: whoever has it may be waiting for a place in the queue, which only the writer
    /// thread can make. Somebody who is recording right now will fill the buffer, or be met idle by a later sweep.
    pub(super) fn sweep(&self) -> Vec<Stamped> {
        match self.events.try_lock() {
            Some(mut events) if self.in_flight.load(Ordering::Relaxed) == 0 => mem::take(&mut *events),
            _ => Vec::new(),
        }
    }
}

/// The buffers of all recorders that are alive.
#[derive(Default)]
pub(super) struct Registry {
    slots: Mutex<Slots>,
}

#[derive(Default)]
struct Slots {
    next: u64,
    closed: bool,
    /// Ascending by age, so that the same run gives the same file.
    buffers: BTreeMap<u64, Arc<Buffer>>,
}

impl Registry {
    /// Adds a buffer, unless the registry is closed; then nothing will ever be recorded in it.
    fn insert(&self, buffer: &Arc<Buffer>) -> u64 {
        let mut slots = self.slots.lock();
        let slot = slots.next;
        slots.next += 1;
        if !slots.closed {
            slots.buffers.insert(slot, Arc::clone(buffer));
        }
        slot
    }

    fn remove(&self, slot: u64) {
        self.slots.lock().buffers.remove(&slot);
    }

    /// Takes all buffers and accepts no more.
    pub(super) fn close(&self) -> Vec<Arc<Buffer>> {
        let mut slots = self.slots.lock();
        slots.closed = true;
        mem::take(&mut slots.buffers).into_values().collect()
    }

    /// The buffers of now.
    pub(super) fn snapshot(&self) -> Vec<Arc<Buffer>> {
        self.slots.lock().buffers.values().cloned().collect()
    }
}
