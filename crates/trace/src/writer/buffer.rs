//! What goes from those who record to the writer thread: buffers, those of all recorders ([`Registry`]), and messages in
//! a queue.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crossbeam_channel::{Receiver, SendTimeoutError, Sender, TrySendError};
use parking_lot::Mutex;

use super::patience::Patience;
use crate::compact::{CompactEvent, CompactSource};
use crate::deadlock::Deadlock;
use crate::format::encode::Stamped;

/// Messages that may wait for the writer thread before recorders wait for it. Most are full buffers: about 100 KB
/// each.
const QUEUE: usize = 64;

/// From how many on compact events go to the writer thread as they are.
const BLOCK: usize = 256;

/// Events of one thread on their way to the writer thread, in order.
pub(super) enum Events {
    Stamped(Vec<Stamped>),
    Compact(Vec<CompactEvent>),
}

impl Events {
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// How many events they are in the trace.
    fn count(&self) -> usize {
        match self {
            Self::Stamped(events) => events.len(),
            Self::Compact(events) => events.iter().map(|event| event.count()).sum(),
        }
    }
}

/// What the writer thread is told.
pub(super) enum Message {
    Events {
        buffer: Arc<Buffer>,
        events: Events,
    },
    Thread {
        id: u32,
        name: Option<String>,
        parent: Option<u32>,
    },
    Site {
        addr: u32,
        file: String,
        line: u32,
        column: u32,
    },
    Lock {
        addr: u32,
        since: u64,
        made: u32,
        name: Option<String>,
    },
    Deadlock(Deadlock),
    /// The last message: nothing after it is read.
    Finish,
}

/// Where messages wait for the writer thread.
pub(super) struct Queue {
    messages: Sender<Message>,
    patience: Arc<Patience>,
}

impl Queue {
    /// A queue, and where the writer thread takes from it.
    pub(super) fn new(patience: Arc<Patience>) -> (Queue, Receiver<Message>) {
        let (sender, receiver) = crossbeam_channel::bounded(QUEUE);
        let messages = sender;
        (Queue { messages, patience }, receiver)
    }

    /// Gives the writer thread something to do; waits while the queue is full, as long as anybody waits for the sink.
    /// Without effect after the end.
    pub(super) fn send(&self, message: Message) {
        // An error means that the writer thread is gone: finished, or dead, which `finish` reports.
        let mut refused = match self.messages.try_send(message) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => return,
            Err(TrySendError::Full(message)) => message,
        };
        while let Some(step) = self.patience.step() {
            match self.messages.send_timeout(refused, step) {
                Ok(()) | Err(SendTimeoutError::Disconnected(_)) => return,
                Err(SendTimeoutError::Timeout(message)) => refused = message,
            }
        }
        if let Message::Events { events, .. } = &refused {
            self.patience.lose(events.count());
        }
    }

    #[cfg(test)]
    pub(super) fn is_full(&self) -> bool {
        self.messages.is_full()
    }
}

/// Events of one thread that the writer thread does not have yet.
pub(super) struct Buffer {
    thread: u32,
    pub(super) pending: Mutex<Pending>,
    /// Messages with this buffer's events in the queue; raised under the lock of `pending`.
    in_flight: AtomicU32,
}

/// What lies in a buffer.
pub(super) struct Pending {
    pub(super) events: Vec<Stamped>,
    /// Where later events of the thread are.
    source: Option<Arc<dyn CompactSource>>,
    /// Empty: what the source gives is put here for a moment.
    taken: Vec<CompactEvent>,
}

impl Buffer {
    pub(super) fn of_thread(thread: u32, source: Option<Arc<dyn CompactSource>>) -> Buffer {
        Buffer {
            thread,
            pending: Mutex::new(Pending {
                events: Vec::new(),
                source,
                taken: Vec::new(),
            }),
            in_flight: AtomicU32::new(0),
        }
    }

    pub(super) fn thread(&self) -> u32 {
        self.thread
    }

    /// Sends what is in the buffer and its source.
    pub(super) fn flush(self: &Arc<Self>, queue: &Queue) {
        // Whoever has the lock may be waiting for the writer thread, but no longer than this would.
        let mut pending = self.pending.lock();
        self.pull(queue, &mut pending);
        self.send_pending(queue, &mut pending);
    }

    /// Sends what is there, and leaves the source alone from here on.
    pub(super) fn end(self: &Arc<Self>, queue: &Queue) {
        let mut pending = self.pending.lock();
        self.pull(queue, &mut pending);
        self.send_pending(queue, &mut pending);
        pending.source = None;
    }

    /// Takes what is in the source: many events go on at once, as they are. To be called under the lock, which is that of
    /// `pending`, as all that follows: that's what keeps a thread's messages in order.
    #[inline]
    pub(super) fn pull(self: &Arc<Self>, queue: &Queue, pending: &mut Pending) {
        if let Some(source) = &pending.source {
            source.take(&mut pending.taken);
            if !pending.taken.is_empty() {
                self.sort_in(queue, pending);
            }
        }
    }

    fn sort_in(self: &Arc<Self>, queue: &Queue, pending: &mut Pending) {
        if pending.taken.len() < BLOCK {
            for event in pending.taken.drain(..) {
                event.each(|time, kind| pending.events.push(Stamped { time, kind }));
            }
            return;
        }
        self.send_pending(queue, pending);
        let capacity = pending.taken.capacity();
        let taken = mem::replace(&mut pending.taken, Vec::with_capacity(capacity));
        self.send(queue, Events::Compact(taken));
    }

    fn send_pending(self: &Arc<Self>, queue: &Queue, pending: &mut Pending) {
        if !pending.events.is_empty() {
            let events = mem::take(&mut pending.events);
            self.send(queue, Events::Stamped(events));
        }
    }

    /// Sends these events, which come after all that were sent.
    pub(super) fn send(self: &Arc<Self>, queue: &Queue, events: Events) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        queue.send(Message::Events {
            buffer: Arc::clone(self),
            events,
        });
    }

    /// The writer thread has taken a message of this buffer from the queue.
    pub(super) fn received(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// For the writer thread: takes what is in the buffer and its source; `None` if earlier events of it are still in the queue,
    /// or somebody is recording right now.
    ///
    /// It must not wait for the lock: whoever has it may be waiting for a place in the queue, which only the writer
    /// thread can make.
    pub(super) fn sweep(&self) -> Option<[Events; 2]> {
        let mut pending = self.pending.try_lock()?;
        if self.in_flight.load(Ordering::Relaxed) != 0 {
            return None;
        }
        let mut compact = Vec::new();
        if let Some(source) = &pending.source {
            source.take(&mut compact);
        }
        let events = mem::take(&mut pending.events);
        Some([Events::Stamped(events), Events::Compact(compact)])
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
    pub(super) fn insert(&self, buffer: &Arc<Buffer>) -> u64 {
        let mut slots = self.slots.lock();
        let slot = slots.next;
        slots.next += 1;
        if !slots.closed {
            slots.buffers.insert(slot, Arc::clone(buffer));
        }
        slot
    }

    pub(super) fn remove(&self, slot: u64) {
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
