//! [`Channel`]: the bounded queue between senders and a receiver, and the protocol by which they wait for each other.
//!
//! Everything is behind one lock, and no code of the program runs under it: messages are moved in and out, and
//! dropped after it was released. So a message's destructor can do what it likes, with this channel too.
//!
//! | who waits | for | on | and is woken by |
//! |---|---|---|---|
//! | the receiver | a message, or the end of all senders | `filled` | a sender that pushes, the last sender that goes |
//! | senders | a free place, or the receiver's end | `freed` | the receiver: one for each message, all at its end |
//! | senders, bound 0 | their own message to be taken, or the receiver's end | `freed` | the receiver: all, each time |
//!
//! With a bound of 0 the queue holds what blocked senders offer. Each offer has a ticket, by which its sender knows
//! whether it was taken, and takes it back when the receiver is gone. A receiver that waits looks into the queue
//! once more before it gives up: so what is pushed while it waits is received, and its sender need not wait.
//!
//! The flags that say who waits change under the lock only, so nobody is notified in vain, and nobody is missed.

use std::collections::VecDeque;
use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::backend;

pub(super) struct Channel<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    freed: Condvar,
    bound: usize,
}

struct State<T> {
    queue: VecDeque<Offer<T>>,
    // The next offer's.
    ticket: u64,
    senders: usize,
    receiver_is_gone: bool,
    receiver_waits: bool,
    waiting_senders: usize,
}

struct Offer<T> {
    ticket: u64,
    message: T,
}

type Locked<'a, T> = MutexGuard<'a, State<T>>;

impl<T> Channel<T> {
    /// A channel with one sender and the receiver.
    pub(super) fn new(bound: usize) -> Self {
        Self {
            state: Mutex::new(State {
                queue: VecDeque::new(),
                ticket: 0,
                senders: 1,
                receiver_is_gone: false,
                receiver_waits: false,
                waiting_senders: 0,
            }),
            filled: Condvar::new(),
            freed: Condvar::new(),
            bound,
        }
    }

    #[cfg(test)]
    pub(super) fn waiting_senders(&self) -> usize {
        self.lock().waiting_senders
    }

    #[cfg(test)]
    pub(super) fn receiver_waits(&self) -> bool {
        self.lock().receiver_waits
    }

    fn lock(&self) -> Locked<'_, T> {
        // Only running out of memory can panic under the lock, before anything has changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add_sender(&self) {
        self.lock().senders += 1;
    }

    pub(super) fn remove_sender(&self) {
        let mut state = self.lock();
        state.senders -= 1;
        let last = state.senders == 0;
        self.wake_receiver(state, last);
    }

    pub(super) fn remove_receiver(&self) {
        let mut state = self.lock();
        state.receiver_is_gone = true;
        // With a bound of 0 the offers are still their senders', who take them back.
        let messages = if self.bound == 0 {
            VecDeque::new()
        } else {
            std::mem::take(&mut state.queue)
        };
        drop(state);
        self.freed.notify_all();
        drop(messages);
    }

    pub(super) fn send(&self, message: T) -> Result<(), SendError<T>> {
        let mut state = self.lock();
        if self.bound == 0 {
            return self.offer(state, message);
        }
        loop {
            if state.receiver_is_gone {
                drop(state);
                return Err(SendError(message));
            }
            if self.has_room(&state) {
                self.push(state, message);
                return Ok(());
            }
            state = self.wait_until_freed(state);
        }
    }

    pub(super) fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        let state = self.lock();
        if state.receiver_is_gone {
            drop(state);
            return Err(TrySendError::Disconnected(message));
        }
        if !self.has_room(&state) {
            drop(state);
            return Err(TrySendError::Full(message));
        }
        self.push(state, message);
        Ok(())
    }

    pub(super) fn try_recv(&self) -> Result<T, TryRecvError> {
        let mut state = self.lock();
        match state.queue.pop_front() {
            Some(offer) => Ok(self.taken(state, offer)),
            None if state.senders == 0 => Err(TryRecvError::Disconnected),
            None => Err(TryRecvError::Empty),
        }
    }

    pub(super) fn recv(&self) -> Result<T, RecvError> {
        let mut state = self.lock();
        loop {
            if let Some(offer) = state.queue.pop_front() {
                return Ok(self.taken(state, offer));
            }
            if state.senders == 0 {
                return Err(RecvError);
            }
            state.receiver_waits = true;
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.receiver_waits = false;
        }
    }

    pub(super) fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        let start = backend::monotonic_nanos();
        let mut state = self.lock();
        loop {
            if let Some(offer) = state.queue.pop_front() {
                return Ok(self.taken(state, offer));
            }
            if state.senders == 0 {
                return Err(RecvTimeoutError::Disconnected);
            }
            let elapsed = Duration::from_nanos(backend::monotonic_nanos().saturating_sub(start));
            let left = timeout.saturating_sub(elapsed);
            if left.is_zero() {
                return Err(RecvTimeoutError::Timeout);
            }
            state.receiver_waits = true;
            (state, _) = self
                .filled
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
            state.receiver_waits = false;
        }
    }

    /// Whether a message can be pushed by a sender that does not stay with it.
    fn has_room(&self, state: &State<T>) -> bool {
        match self.bound {
            // The receiver takes what is first in the queue before it stops waiting.
            0 => state.receiver_waits && state.queue.is_empty(),
            bound => state.queue.len() < bound,
        }
    }

    /// Pushes a message and returns its ticket.
    fn push(&self, mut state: Locked<'_, T>, message: T) -> u64 {
        let ticket = state.ticket;
        state.queue.push_back(Offer { ticket, message });
        state.ticket += 1;
        self.wake_receiver(state, true);
        ticket
    }

    /// A send with a bound of 0.
    fn offer(&self, state: Locked<'_, T>, message: T) -> Result<(), SendError<T>> {
        if state.receiver_is_gone {
            drop(state);
            return Err(SendError(message));
        }
        if self.has_room(&state) {
            self.push(state, message);
            return Ok(());
        }
        let ticket = self.push(state, message);
        let mut state = self.lock();
        loop {
            let Some(place) = state.queue.iter().position(|offer| offer.ticket == ticket) else {
                return Ok(());
            };
            if state.receiver_is_gone {
                let offer = state.queue.remove(place);
                drop(state);
                return offer.map_or(Ok(()), |offer| Err(SendError(offer.message)));
            }
            state = self.wait_until_freed(state);
        }
    }

    fn wait_until_freed<'a>(&self, mut state: Locked<'a, T>) -> Locked<'a, T> {
        state.waiting_senders += 1;
        state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        state.waiting_senders -= 1;
        state
    }

    /// Releases the lock, and wakes the receiver if it waits and there is reason to.
    fn wake_receiver(&self, state: Locked<'_, T>, reason: bool) {
        let waits = state.receiver_waits;
        drop(state);
        if reason && waits {
            self.filled.notify_one();
        }
    }

    /// Releases the lock after a message was taken, and wakes the senders that this concerns.
    fn taken(&self, state: Locked<'_, T>, offer: Offer<T>) -> T {
        let waiting = state.waiting_senders;
        drop(state);
        if waiting > 0 {
            if self.bound == 0 {
                // The one whose offer it was cannot be told from the others.
                self.freed.notify_all();
            } else {
                self.freed.notify_one();
            }
        }
        offer.message
    }
}
