//! What the recorders of a trace and its owner share, and how it ends.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use parking_lot::Mutex;

use super::buffer::{Message, Queue, Registry};
use super::error::WriteError;
use super::most::Most;
use super::patience::Patience;
use super::summary::Summary;
use crate::compact::Gate;

/// A trace that is being written.
pub(super) struct Shared {
    /// Set once, at the start of `finish`. Nothing is recorded after a recorder has seen it.
    closed: AtomicBool,
    /// What is set in its place, and looked at, where events are written without a recorder.
    gate: OnceLock<Arc<dyn Gate>>,
    pub(super) registry: Arc<Registry>,
    pub(super) queue: Queue,
    patience: Arc<Patience>,
    most: Arc<Most>,
    /// What the sink is, in words.
    target: String,
    /// Nothing comes from here: it is closed when the writer thread ends.
    written: Receiver<Infallible>,
    ending: Mutex<Ending>,
}

enum Ending {
    Open(JoinHandle<Result<Summary, WriteError>>),
    Done(Result<Summary, WriteError>),
}

impl Shared {
    pub(super) fn new(
        registry: Arc<Registry>,
        queue: Queue,
        patience: Arc<Patience>,
        most: Arc<Most>,
        target: String,
        written: Receiver<Infallible>,
        thread: JoinHandle<Result<Summary, WriteError>>,
    ) -> Shared {
        Shared {
            closed: AtomicBool::new(false),
            gate: OnceLock::new(),
            registry,
            queue,
            patience,
            most,
            target,
            written,
            ending: Mutex::new(Ending::Open(thread)),
        }
    }

    /// A thread that sees false and records before it releases a lock is seen by whoever acquires that lock next,
    /// and the other way round: once this is true for a thread, it is true for all that this thread
    /// synchronises with. That's what makes the trace a consistent cut.
    pub(super) fn is_closed(&self) -> bool {
        match self.gate.get() {
            None => self.closed.load(Ordering::Acquire),
            // One flag for all, or the threads would not be cut at the same moment.
            Some(gate) => gate.is_closed(),
        }
    }

    /// Puts this in the place of the flag, before anything is recorded; `false` if there is another one already.
    pub(super) fn set_gate(&self, gate: Arc<dyn Gate>) -> bool {
        let _ending = self.ending.lock();
        !self.is_closed() && self.gate.set(gate).is_ok()
    }

    pub(super) fn finish(&self) -> Result<Summary, WriteError> {
        let mut ending = self.ending.lock();
        let result = match std::mem::replace(&mut *ending, Ending::Done(Err(WriteError::Died))) {
            Ending::Done(result) => result,
            Ending::Open(thread) => {
                if let Some(gate) = self.gate.get() {
                    gate.close();
                }
                self.closed.store(true, Ordering::Release);
                for buffer in self.registry.close() {
                    buffer.flush(&self.queue);
                }
                self.queue.send(Message::Finish);
                self.await_writer(thread)
            }
        };
        *ending = Ending::Done(result.clone());
        result
    }

    /// The writer thread's result. If it does not come in time, the thread is left alone with its sink.
    fn await_writer(&self, thread: JoinHandle<Result<Summary, WriteError>>) -> Result<Summary, WriteError> {
        loop {
            let Some(step) = self.patience.step() else {
                return Err(WriteError::Stalled {
                    target: self.target.clone(),
                    lost: self.patience.lost(),
                });
            };
            if let Err(RecvTimeoutError::Disconnected) = self.written.recv_timeout(step) {
                break;
            }
        }
        thread.join().unwrap_or(Err(WriteError::Died))
    }

    /// The trace ends before it has more bytes than that.
    pub(super) fn max_bytes(&self, bytes: u64) {
        self.most.set(bytes);
    }

    /// From this moment on nobody waits for the sink any more.
    pub(super) fn limit(&self, until: Instant) {
        self.patience.limit(until);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let _ = self.finish();
    }
}
