//! std's `mpsc` channels for wasm.
//!
//! std's own work on wasm except for [`recv_timeout`](Receiver::recv_timeout), which asks std's clock and panics. Where
//! senders never wait, all else is std's (`unbounded.rs`). A sender that is blocked inside std's channel cannot be made to see a
//! receiver that waits elsewhere, so those with a bound are channels of their own: `channel.rs` is the queue and its
//! protocol. The types here give both std's names; the errors are std's. Natively `threadlink::sync::mpsc` is std's module.
//!
//! The locks inside are not traced.
//!
//! ```
//! use threadlink::sync::mpsc;
//!
//! let (sender, receiver) = mpsc::channel();
//! let worker = threadlink::spawn(move || (0..3).for_each(|n| sender.send(n).unwrap()));
//! assert_eq!(receiver.iter().sum::<i32>(), 3);
//! worker.join().unwrap();
//! ```

mod channel;
mod iter;
#[cfg(test)]
mod tests;
mod unbounded;

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::panic::RefUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use self::channel::Channel;

pub use self::iter::{IntoIter, Iter, TryIter};
pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

/// A channel in which messages wait without limit.
///
/// ```
/// let (sender, receiver) = threadlink::sync::mpsc::channel();
/// sender.send(1).unwrap();
/// assert_eq!(receiver.recv(), Ok(1));
/// ```
#[must_use]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = unbounded::channel();
    (Sender(sender), Receiver::new(Source::Unbounded(receiver)))
}

/// A channel in which `bound` messages can wait; a sender waits while there are as many.
///
/// With a bound of 0 none can: a sender waits until the receiver takes its message.
///
/// ```
/// let (sender, receiver) = threadlink::sync::mpsc::sync_channel(1);
/// sender.send(1).unwrap();
/// assert!(sender.try_send(2).is_err());
/// assert_eq!(receiver.recv(), Ok(1));
/// ```
#[must_use]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    let channel = Arc::new(Channel::new(bound));
    let receiver = Receiver::new(Source::Bounded(Bounded(Arc::clone(&channel))));
    (SyncSender(channel), receiver)
}

/// The sending half of [`channel`]. It can be cloned and shared.
pub struct Sender<T>(unbounded::Sender<T>);

impl<T> Sender<T> {
    /// Sends a message; never waits. What is sent is received, unless the receiver goes first.
    ///
    /// # Errors
    /// If the receiver is gone; the error holds the message.
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        self.0.send(t)
    }
}

/// The sending half of [`sync_channel`]. It can be cloned and shared.
pub struct SyncSender<T>(Arc<Channel<T>>);

impl<T> SyncSender<T> {
    /// Sends a message, and waits for room; with a bound of 0, for the receiver to take it.
    ///
    /// # Errors
    /// If the receiver is gone, or goes meanwhile; the error holds the message.
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        self.0.send(t)
    }

    /// Sends a message if there is room; with a bound of 0, if the receiver waits for one.
    ///
    /// # Errors
    /// [`TrySendError::Full`] if not, [`TrySendError::Disconnected`] if the receiver is gone; both hold the message.
    pub fn try_send(&self, t: T) -> Result<(), TrySendError<T>> {
        self.0.try_send(t)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Clone for SyncSender<T> {
    fn clone(&self) -> Self {
        self.0.add_sender();
        Self(Arc::clone(&self.0))
    }
}

/// When the last sender goes, the receiver gets what was sent, and then the error.
impl<T> Drop for SyncSender<T> {
    fn drop(&mut self) {
        self.0.remove_sender();
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncSender").finish_non_exhaustive()
    }
}

/// The receiving half of both kinds of channel. There is one; it can be sent to another thread, not shared.
pub struct Receiver<T> {
    source: Source<T>,
    // One thread at a time: the channel has room for one receiver that waits.
    unshared: PhantomData<Cell<()>>,
}

/// Where messages come from.
enum Source<T> {
    Unbounded(unbounded::Receiver<T>),
    Bounded(Bounded<T>),
}

/// The receiver's hold on a channel with a bound.
struct Bounded<T>(Arc<Channel<T>>);

/// Messages that nobody took are dropped; senders get an error from now on.
impl<T> Drop for Bounded<T> {
    fn drop(&mut self) {
        self.0.remove_receiver();
    }
}

// The cell above is not there: nothing can be seen half changed.
impl<T> RefUnwindSafe for Receiver<T> {}

impl<T> Receiver<T> {
    fn new(source: Source<T>) -> Self {
        Self {
            source,
            unshared: PhantomData,
        }
    }

    /// Takes the next message if there is one; with a bound of 0, if a sender waits with one.
    ///
    /// # Errors
    /// [`TryRecvError::Empty`] if there is none, [`TryRecvError::Disconnected`] if there will be none.
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        match &self.source {
            Source::Unbounded(receiver) => receiver.try_recv(),
            Source::Bounded(Bounded(channel)) => channel.try_recv(),
        }
    }

    /// Takes the next message, and waits for it.
    ///
    /// # Errors
    /// If there is none and no sender is left.
    pub fn recv(&self) -> Result<T, RecvError> {
        match &self.source {
            Source::Unbounded(receiver) => receiver.recv(),
            Source::Bounded(Bounded(channel)) => channel.recv(),
        }
    }

    /// Takes the next message, and waits for it no longer than `timeout`.
    ///
    /// It imports a clock that only hosts with Threadlink's extensions have.
    ///
    /// # Errors
    /// [`RecvTimeoutError::Timeout`] if the time is over, [`RecvTimeoutError::Disconnected`] if there is no message
    /// and no sender is left.
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadlink::sync::mpsc::{self, RecvTimeoutError};
    ///
    /// let (sender, receiver) = mpsc::channel::<()>();
    /// assert_eq!(receiver.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
    /// drop(sender);
    /// assert_eq!(receiver.recv_timeout(Duration::MAX), Err(RecvTimeoutError::Disconnected));
    /// ```
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        match &self.source {
            Source::Unbounded(receiver) => receiver.recv_timeout(timeout),
            Source::Bounded(Bounded(channel)) => channel.recv_timeout(timeout),
        }
    }

    /// The messages as they come, until no sender is left.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter::new(self)
    }

    /// The messages that are there; it never waits.
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter::new(self)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
