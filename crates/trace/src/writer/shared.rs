//! What the recorders of a trace and its owner share, and how it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use parking_lot::Mutex;

use super::buffer::{Message, Queue, Registry};
use super::error::WriteError;
use super::summary::Summary;

/// A trace that is being written.
pub(super) struct Shared {
    /// Set once, at the start of `finish`. Nothing is recorded after a recorder has seen it.
    closed: AtomicBool,
    pub(super) registry: Arc<Registry>,
    pub(super) queue: Queue,
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
        thread: JoinHandle<Result<Summary, WriteError>>,
    ) -> Shared {
        Shared {
            closed: AtomicBool::new(false),
            registry,
            queue,
            ending: Mutex::new(Ending::Open(thread)),
        }
    }

    /// A thread that sees false and records before it releases a lock is seen by whoever acquires that lock next,
    /// and the other way round: once this is true for a thread, it is true for all that this thread
    /// synchronises with. That's what makes the trace a consistent cut.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(super) fn finish(&self) -> Result<Summary, WriteError> {
        let mut ending = self.ending.lock();
        let result = match std::mem::replace(&mut *ending, Ending::Done(Err(WriteError::Died))) {
            Ending::Done(result) => result,
            Ending::Open(thread) => {
                self.closed.store(true, Ordering::Release);
                for buffer in self.registry.close() {
                    buffer.flush(&self.queue);
                }
                self.queue.send(Message::Finish);
                thread.join().unwrap_or(Err(WriteError::Died))
            }
        };
        *ending = Ending::Done(result.clone());
        result
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let _ = self.finish();
    }
}
