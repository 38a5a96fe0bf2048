//! What a validator complains about, in words.

use std::fmt;

use crate::event::{Event, EventKind};

/// One event that can't have happened as the trace tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Violation {
    /// The event's number in canonical order, from 0.
    pub index: u64,
    /// The event.
    pub event: Event,
    /// What is wrong with it.
    pub problem: Problem,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Event { time, thread, kind } = self.event;
        write!(f, "event {} (thread {thread}, {time} ns): ", self.index)?;
        match kind {
            EventKind::Start => write!(f, "start")?,
            EventKind::End { .. } => write!(f, "end")?,
            EventKind::Fork { child } => write!(f, "fork of thread {child}")?,
            EventKind::JoinRequest { child, .. } => write!(f, "wait for thread {child}")?,
            EventKind::Join { child, .. } => write!(f, "join of thread {child}")?,
            EventKind::Request { lock, .. } => write!(f, "request of lock {lock:#x}")?,
            EventKind::Acquire { lock, .. } => write!(f, "acquire of lock {lock:#x}")?,
            EventKind::Release { lock } => write!(f, "release of lock {lock:#x}")?,
        }
        write!(f, ", but {}", self.problem)
    }
}

/// What is wrong with an event. Its `Display` completes "there is this event, but ...". Numbers of events count
/// from 0 in canonical order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The thread's times do not strictly increase.
    #[error("the same thread's event before it has time {last} ns, which is not earlier")]
    TimeNotIncreasing {
        /// Time of the thread's event before this one, in nanoseconds.
        last: u64,
    },
    /// The events do not come in ascending order of time and thread.
    #[error("the event before it (thread {thread}, {time} ns) belongs after it")]
    OutOfOrder {
        /// Time of the event before, in nanoseconds.
        time: u64,
        /// Thread of the event before.
        thread: u32,
    },
    /// The thread's first event is no `Start`.
    #[error("the thread has not started")]
    NotStarted,
    /// A second `Start`.
    #[error("the thread has started already")]
    StartedTwice,
    /// An event after the thread's `End`.
    #[error("the thread has ended already")]
    AfterEnd,
    /// A thread other than the main one started, and nobody had forked it.
    #[error("no thread has forked this one")]
    NotForked,
    /// A second fork of a thread.
    #[error("thread {child} was forked already")]
    ForkedTwice {
        /// The forked thread.
        child: u32,
    },
    /// A fork of a thread that has started already.
    #[error("thread {child} started before that")]
    ForkAfterStart {
        /// The forked thread.
        child: u32,
    },
    /// An acquire of a lock that is held.
    #[error("thread {holder} holds it since event {since}")]
    Held {
        /// The thread that holds the lock.
        holder: u32,
        /// The number of the event by which it got it.
        since: u64,
    },
    /// A release of a lock that nobody holds.
    #[error("nobody holds it")]
    NotHeld,
    /// A release of a lock that another thread holds.
    #[error("thread {holder} holds it since event {since}")]
    NotOwner {
        /// The thread that holds the lock.
        holder: u32,
        /// The number of the event by which it got it.
        since: u64,
    },
    /// A blocking acquire without a request right before it.
    #[error("the thread did not request it right before")]
    NotRequested,
    /// The thread requested a lock and then did something else than acquire it.
    #[error("the thread has requested lock {lock:#x} in event {request} and can do nothing before it has it")]
    RequestPending {
        /// The requested lock.
        lock: u32,
        /// The number of the request.
        request: u64,
    },
    /// A join by the program without a `JoinRequest` right before it.
    #[error("the thread did not begin to wait for it right before")]
    JoinNotRequested,
    /// The thread waited for another one and then did something else than join it.
    #[error(
        "the thread waits for thread {child} since event {request} and can do nothing before that has ended"
    )]
    JoinPending {
        /// The thread that is waited for.
        child: u32,
        /// The number of the `JoinRequest`.
        request: u64,
    },
    /// A join of a thread that has not ended.
    #[error("thread {child} has not ended before that")]
    JoinBeforeEnd {
        /// The joined thread.
        child: u32,
    },
    /// A second join of a thread.
    #[error("thread {child} was joined already")]
    JoinedTwice {
        /// The joined thread.
        child: u32,
    },
}
