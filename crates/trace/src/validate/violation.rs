//! What a validator complains about, in words.

use std::fmt;

use crate::event::{Event, EventKind, Mode};

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
            EventKind::Request { lock, mode, .. } => write!(f, "request of lock {lock:#x}{}", purpose(mode))?,
            EventKind::Acquire { lock, mode, .. } => write!(f, "acquire of lock {lock:#x}{}", purpose(mode))?,
            EventKind::Release { lock, mode } => write!(f, "release of lock {lock:#x}{}", purpose(mode))?,
            EventKind::Wait { condvar, .. } => write!(f, "wait for condition variable {condvar:#x}")?,
            EventKind::Wake { condvar, .. } => write!(f, "wake from condition variable {condvar:#x}")?,
            EventKind::Notify { condvar, .. } => {
                write!(f, "notification of condition variable {condvar:#x}")?;
            }
            EventKind::Instance { lock, instance } => write!(f, "begin of lock {lock:#x} no. {instance}")?,
            EventKind::InstanceEnd { lock, instance } => write!(f, "end of lock {lock:#x} no. {instance}")?,
            EventKind::Sleep { address, .. } => write!(f, "wait at address {address:#x}")?,
            EventKind::Awake { address, .. } => write!(f, "end of the wait at address {address:#x}")?,
            EventKind::Waken { address, .. } => write!(f, "notification of address {address:#x}")?,
            EventKind::Park { token, .. } => write!(f, "park for token {token:#x}")?,
            EventKind::ParkEnd { token, .. } => write!(f, "end of the park for token {token:#x}")?,
            EventKind::Unpark { token, .. } => write!(f, "unpark with token {token:#x}")?,
            EventKind::Unknown { kind } => write!(f, "event of the unknown kind {kind}")?,
        }
        write!(f, ", but {}", self.problem)
    }
}

fn purpose(mode: Mode) -> &'static str {
    match mode {
        Mode::Exclusive => "",
        Mode::Shared => " for reading",
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
    /// An exclusive acquire or release of a lock that is held for reading.
    #[error("thread {holder} holds it for reading since event {since}")]
    HeldForReading {
        /// A thread that holds the lock for reading.
        holder: u32,
        /// The number of the event by which it got it.
        since: u64,
    },
    /// A release by a reader that is none, while others read.
    #[error("the thread does not hold it for reading")]
    NotReader,
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
    /// A wait for a condition variable by a thread that does not hold the mutex.
    #[error("the thread does not hold the mutex {mutex:#x}")]
    WaitWithoutMutex {
        /// The mutex that it would release.
        mutex: u32,
    },
    /// The thread began to wait for a condition variable and then did something else than release the mutex.
    #[error("the thread began to wait in event {wait} and has to release the mutex {mutex:#x} first")]
    MutexKept {
        /// The mutex.
        mutex: u32,
        /// The number of the `Wait`.
        wait: u64,
    },
    /// The thread waited for a condition variable and then did something else than wake up.
    #[error(
        "the thread waits for condition variable {condvar:#x} since event {wait} and can do nothing before it wakes"
    )]
    WaitPending {
        /// The condition variable.
        condvar: u32,
        /// The number of the `Wait`.
        wait: u64,
    },
    /// The thread woke from a wait for a condition variable and then did something else than lock the mutex.
    #[error("the thread has waited since event {wait} and has to lock the mutex {mutex:#x} first")]
    MutexNotLockedAgain {
        /// The mutex.
        mutex: u32,
        /// The number of the `Wait`.
        wait: u64,
    },
    /// A wake of a thread that did not wait.
    #[error("the thread did not wait")]
    NotWaiting,
    /// The time of a wait was over that has no limit.
    #[error("the wait that began in event {wait} has no time limit")]
    NotTimed {
        /// The number of the `Wait`.
        wait: u64,
    },
}
