//! The channel without a bound: std's, and how a receiver waits for it no longer than it wants.
//!
//! Nobody who sends waits, so std's channel does all but that. A receiver whose time is limited looks for a message, and waits
//! for an *alarm*, which every sender raises that finds somebody waiting for it after its message is in the channel. First it
//! says that it waits, then it looks again; first a sender sends, then it looks who waits. On wasm all atomic operations are in one
//! order, so one of the two sees the other. Elsewhere what a sender does is in none with its message: writing to be in one would
//! cost every message more than all else that is done here. So the receiver looks again after a moment, and then after twice that.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc as stds;
use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::backend;

/// How often a receiver looks for a message before it sleeps; in between it lets others run.
const LOOKS: u32 = 8;

/// When a receiver whose time is limited looks again though nobody has woken it, for the first time.
const MOMENT: Duration = Duration::from_millis(1);

/// A channel with one sender and the receiver.
pub(super) fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = stds::channel();
    let alarm = Arc::new(Alarm {
        waits: AtomicU32::new(0),
        lock: Mutex::new(()),
        raised: Condvar::new(),
    });
    let sender = Sender {
        sender,
        end: End(Arc::clone(&alarm)),
    };
    (sender, Receiver { receiver, alarm })
}

struct Alarm {
    // 1 while the receiver waits, or looks whether it need not.
    waits: AtomicU32,
    lock: Mutex<()>,
    raised: Condvar,
}

impl Alarm {
    /// Wakes the receiver, if it waits for this. What it waits for has happened before.
    fn raise(&self) {
        if self.waits.load(Ordering::SeqCst) == 0 {
            return;
        }
        // Between its last look and its sleep it has the lock.
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.raised.notify_one();
    }
}

/// A sender's end: the last one's may be what the receiver waits for.
#[derive(Clone)]
struct End(Arc<Alarm>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.raise();
    }
}

pub(super) struct Sender<T> {
    // Is dropped before the end is told.
    sender: stds::Sender<T>,
    end: End,
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            end: self.end.clone(),
        }
    }
}

impl<T> Sender<T> {
    pub(super) fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.sender.send(message)?;
        self.end.0.raise();
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn is_awaited(&self) -> bool {
        self.end.0.waits.load(Ordering::SeqCst) != 0
    }
}

pub(super) struct Receiver<T> {
    receiver: stds::Receiver<T>,
    alarm: Arc<Alarm>,
}

impl<T> Receiver<T> {
    pub(super) fn try_recv(&self) -> Result<T, TryRecvError> {
        self.receiver.try_recv()
    }

    // Inlined into a program's function it would look as if the program called std's, of which `threadlink build` warns: that
    // looks at a clock if it has to wait no longer than until some time, as it never has here.
    #[inline(never)]
    pub(super) fn recv(&self) -> Result<T, RecvError> {
        // A plain std yields to nobody while it looks, and goes to sleep at once.
        for _ in 0..LOOKS {
            match self.receiver.try_recv() {
                Ok(message) => return Ok(message),
                Err(TryRecvError::Disconnected) => return Err(RecvError),
                Err(TryRecvError::Empty) => backend::yield_now(),
            }
        }
        self.receiver.recv()
    }

    pub(super) fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        let start = backend::monotonic_nanos();
        let alarm = &*self.alarm;
        let mut lock = alarm.lock.lock().unwrap_or_else(PoisonError::into_inner);
        alarm.waits.swap(1, Ordering::SeqCst);
        let mut nap = MOMENT;
        let received = loop {
            match self.receiver.try_recv() {
                Ok(message) => break Ok(message),
                Err(TryRecvError::Disconnected) => break Err(RecvTimeoutError::Disconnected),
                Err(TryRecvError::Empty) => {}
            }
            let elapsed = Duration::from_nanos(backend::monotonic_nanos().saturating_sub(start));
            let left = timeout.saturating_sub(elapsed);
            if left.is_zero() {
                break Err(RecvTimeoutError::Timeout);
            }
            (lock, _) = alarm
                .raised
                .wait_timeout(lock, left.min(nap))
                .unwrap_or_else(PoisonError::into_inner);
            nap = nap.saturating_mul(2);
        };
        alarm.waits.swap(0, Ordering::SeqCst);
        drop(lock);
        received
    }
}
