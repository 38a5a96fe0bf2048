//! What is told of besides the waits of threads, because whoever finds it done waits for nobody and yet comes after who did it:
//! that a message is sent and that one was received, that a channel was closed, that a thread of a scope has left it, that a
//! `Once` was run. It is told as of a token, which is the address of the channel, the scope or the `Once`.

use crate::panic::Location;
use crate::sync::mpmc::SendTimeoutError;
use crate::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};
use crate::sys::place;
use threadlink_abi::moment::{FinishPark, Unpark};
use threadlink_rt::hooks;
use threadlink_rt::traced::OP_BLOCKING;

/// The calling thread is about to send a message, or no more of them; or to leave a scope, or to say that a `Once` was run.
#[track_caller]
pub fn sends(channel: usize) {
    hooks::tell(Unpark, channel, Some((OP_BLOCKING, place::of(Location::caller()))));
}

/// It is about to close the channel for those who send.
#[track_caller]
pub fn receives_no_more(channel: usize) {
    sends(back(channel));
}

/// It has received a message, if it has, or knows that there will be none.
#[inline]
pub fn received<T, E: Closed>(channel: usize, message: Result<T, E>) -> Result<T, E> {
    if message.as_ref().err().is_none_or(Closed::is_closed) {
        found(channel);
    }
    message
}

/// It has sent a message, or knows that nobody will receive it.
#[inline]
pub fn sent<E: Closed>(channel: usize, message: Result<(), E>) -> Result<(), E> {
    if message.as_ref().err().is_some_and(Closed::is_closed) {
        found(back(channel));
    }
    message
}

/// It has found done what others have told to be: that all threads have left a scope, that a `Once` was run.
#[inline]
pub fn found(token: usize) {
    hooks::tell(FinishPark { timed_out: false }, token, None);
}

/// The token for what receivers tell senders: a second address of what is a channel, whatever flavor it has.
fn back(channel: usize) -> usize {
    channel + 1
}

/// Why nothing was sent or received.
pub trait Closed {
    /// Whether that is because the other side is gone.
    fn is_closed(&self) -> bool;
}

impl Closed for RecvError {
    fn is_closed(&self) -> bool {
        true
    }
}

impl Closed for TryRecvError {
    fn is_closed(&self) -> bool {
        *self == TryRecvError::Disconnected
    }
}

impl Closed for RecvTimeoutError {
    fn is_closed(&self) -> bool {
        *self == RecvTimeoutError::Disconnected
    }
}

impl<T> Closed for SendError<T> {
    fn is_closed(&self) -> bool {
        true
    }
}

impl<T> Closed for TrySendError<T> {
    fn is_closed(&self) -> bool {
        matches!(self, TrySendError::Disconnected(_))
    }
}

impl<T> Closed for SendTimeoutError<T> {
    fn is_closed(&self) -> bool {
        matches!(self, SendTimeoutError::Disconnected(_))
    }
}
