//! What a trace records: one [`Event`] for each thing that a thread does with a lock or with another thread.
//!
//! How events are stored in a file stands in `docs/trace-format.md`; what order they have, below.

/// One thing that one thread did.
///
/// # Time and order
/// Whoever records gives every event a time such that
/// - within a thread, times strictly increase;
/// - what *happens before* something in another thread has a strictly smaller time: the release of a lock before
///   its next acquire (unless both are for reading), a fork before the child's start, a thread's end before the join
///   that waited for it, a notification before the wake that it causes.
///
/// A hybrid logical clock (Kulkarni et al., 2014) does both and stays close to real time. The **canonical order**
/// of a trace is ascending `(time, thread)`: it respects happens-before, whatever the order of the chunks in the
/// file. That's the order in which [`Trace::events`](crate::Trace::events) yields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Event {
    /// Nanoseconds since the start of the run.
    pub time: u64,
    /// The thread that did it; 0 is the main thread.
    pub thread: u32,
    /// What it did.
    pub kind: EventKind,
}

impl Event {
    /// What this thread did at this time.
    ///
    /// # Examples
    /// ```
    /// use threadlink_trace::{Event, EventKind, validate_events};
    ///
    /// let start = Event::new(10, 0, EventKind::Start);
    /// assert!(validate_events([start]).is_ok());
    /// ```
    #[must_use]
    pub fn new(time: u64, thread: u32, kind: EventKind) -> Self {
        Self { time, thread, kind }
    }
}

/// What a thread did. Locks are named by their address in guest memory, places in the source by the address of
/// their `core::panic::Location` (a *site*; 0 is an unknown one), which the trace's site table resolves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum EventKind {
    /// The thread's first event.
    Start,
    /// The thread's last event. A thread that still runs when the program ends has none.
    End {
        /// Whether it returned or died.
        how: EndKind,
    },
    /// The thread started another one.
    Fork {
        /// The new thread.
        child: u32,
    },
    /// The thread is about to wait for another one.
    JoinRequest {
        /// The thread that it waits for.
        child: u32,
        /// Where in the source.
        site: u32,
    },
    /// The wait for another thread is over, for that thread has ended.
    Join {
        /// The thread that has ended.
        child: u32,
        /// Done by the runtime to get a detached thread's memory back: the program did not wait here, so this is
        /// no happens-before edge.
        reaped: bool,
        /// The joiner got an error, for the thread died.
        failed: bool,
    },
    /// A blocking attempt to get a lock begins. The thread's next event, if it ever gets the lock, is `Acquire`.
    Request {
        /// The lock.
        lock: u32,
        /// Where in the source.
        site: u32,
        /// Another thread held the lock at this moment.
        contended: bool,
        /// What it wants the lock for.
        mode: Mode,
    },
    /// The thread now holds the lock.
    Acquire {
        /// The lock.
        lock: u32,
        /// Where in the source.
        site: u32,
        /// What kind of attempt got it.
        op: AcquireOp,
        /// What it has the lock for.
        mode: Mode,
    },
    /// The thread is about to let go of the lock: recorded while it is still held.
    Release {
        /// The lock.
        lock: u32,
        /// What it had the lock for.
        mode: Mode,
    },
    /// The thread is about to wait for a condition variable. It still holds the mutex: its next event is that
    /// `Release`, then comes the `Wake`.
    Wait {
        /// The condition variable, by its address in guest memory.
        condvar: u32,
        /// The mutex that it releases while it waits.
        mutex: u32,
        /// Where in the source.
        site: u32,
        /// The wait ends by itself after some time.
        timed: bool,
    },
    /// The wait for a condition variable is over. The thread's next event is the `Request` or `Acquire` of the mutex.
    Wake {
        /// The condition variable.
        condvar: u32,
        /// The time was over, instead of a notification.
        timed_out: bool,
    },
    /// The thread is about to wake one or all of those that wait for a condition variable.
    Notify {
        /// The condition variable.
        condvar: u32,
        /// Where in the source.
        site: u32,
        /// All of them.
        all: bool,
    },
    /// From here on the address means this lock or condition variable: the thread is about to use it, as the first one
    /// since it stands there.
    Instance {
        /// The address.
        lock: u32,
        /// A number that no other lock or condition variable of the run has.
        instance: u32,
    },
    /// A lock or condition variable is no more: the thread has dropped it, some time before this.
    InstanceEnd {
        /// The address at which it was dropped.
        lock: u32,
        /// Its number.
        instance: u32,
    },
    /// The thread is about to wait at an address of its memory: `memory.atomic.wait32` or `wait64`. Locks of the program
    /// do so inside, after their `Request`.
    Sleep {
        /// The address.
        address: u32,
        /// The wait ends by itself after some time.
        timed: bool,
    },
    /// The wait at an address is over.
    Awake {
        /// The address.
        address: u32,
        /// Why it is over.
        how: AwakeKind,
    },
    /// The thread is about to wake those that wait at an address: `memory.atomic.notify`.
    Waken {
        /// The address.
        address: u32,
        /// How many of them, at most.
        count: u32,
    },
    /// The thread is about to wait for its token.
    Park {
        /// The token's address: each thread has one.
        token: u32,
        /// Where in the source.
        site: u32,
        /// The wait ends by itself after some time.
        timed: bool,
    },
    /// The wait for the token is over: it is taken, if it was there. Without a `Park`, a message was received from the channel
    /// with this address, or something else found done that others had told of.
    ParkEnd {
        /// The token's address.
        token: u32,
        /// There was no token when the time was over.
        timed_out: bool,
    },
    /// The thread is about to leave another one, or itself, its token; or to send a message through the channel with this address, or
    /// to tell that something with this address is done.
    Unpark {
        /// The token's address.
        token: u32,
        /// Where in the source.
        site: u32,
    },
    /// Something that a newer version of the format tells and this one does not know.
    Unknown {
        /// The number of its kind.
        kind: u8,
    },
}

impl EventKind {
    /// Whether it stands beside what a thread does with locks, condition variables and other threads: a thread that does
    /// something of this sort still waits for what it waited for before.
    ///
    /// ```
    /// use threadlink_trace::EventKind;
    ///
    /// assert!(EventKind::Waken { address: 0x1000, count: 1 }.is_aside());
    /// assert!(!EventKind::Fork { child: 1 }.is_aside());
    /// ```
    #[must_use]
    pub fn is_aside(self) -> bool {
        matches!(
            self,
            Self::Instance { .. }
                | Self::InstanceEnd { .. }
                | Self::Sleep { .. }
                | Self::Awake { .. }
                | Self::Waken { .. }
                | Self::Park { .. }
                | Self::ParkEnd { .. }
                | Self::Unpark { .. }
                | Self::Unknown { .. }
        )
    }
}

/// Why a wait at an address is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum AwakeKind {
    /// Another thread has woken it.
    Woken,
    /// It did not wait: the word was not what it expected.
    NotEqual,
    /// The time was over.
    TimedOut,
}

/// What a lock is held for. A mutex is always held exclusively, a read-write lock for writing exclusively and for
/// reading shared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Mode {
    /// By one thread alone.
    #[default]
    Exclusive,
    /// By any number of threads at once, and by one thread several times.
    Shared,
}

/// How a thread ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum EndKind {
    /// Its function returned.
    Returned,
    /// It panicked or trapped. What it held stays locked.
    Died,
}

/// What kind of attempt got a lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum AcquireOp {
    /// One that waits for as long as it takes; a [`Request`](EventKind::Request) precedes it.
    Blocking,
    /// A `try_lock`: it never waits.
    Try,
    /// One that would have given up after some time.
    Timed,
}
