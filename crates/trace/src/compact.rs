//! Events of locks in 16 bytes, as machine code beside a program can write them: [`CompactEvent`]. Whoever writes the trace
//! makes [`EventKind`]s of them, so the thread that they are about does not spend the time.

use crate::event::{AcquireOp, EventKind, Mode};

/// What a compact event says of its lock. The number is what stands in the event.
///
/// ```
/// use threadlink_trace::CompactKind;
///
/// assert_eq!(CompactKind::AtOnce as u64, 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u8)]
pub enum CompactKind {
    /// The thread asked for the lock and had it at once: two events, a request and the acquire.
    AtOnce = 1,
    /// It has got it by an attempt that never waits.
    Try = 2,
    /// It is about to let go of it.
    Release = 3,
    /// As [`AtOnce`](Self::AtOnce), for reading.
    ReadAtOnce = 5,
    /// As [`Try`](Self::Try), for reading.
    ReadTry = 6,
    /// As [`Release`](Self::Release), had it for reading.
    ReadRelease = 7,
}

impl CompactKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::AtOnce,
        Self::Try,
        Self::Release,
        Self::ReadAtOnce,
        Self::ReadTry,
        Self::ReadRelease,
    ];

    /// How many events it stands for.
    fn count(self) -> usize {
        match self {
            Self::AtOnce | Self::ReadAtOnce => 2,
            _ => 1,
        }
    }
}

/// A lock event of a thread in two words: the time and what it is, the lock and where in the source.
///
/// A thread's compact events need no clock that is exact: see [`stamp`](Self::stamp).
///
/// ```
/// use threadlink_trace::{CompactEvent, CompactKind};
///
/// let event = CompactEvent::new(CompactKind::Release, 1_000, 0x40, 0);
/// assert_eq!(CompactEvent::from_words(event.words()), event);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompactEvent {
    /// The time above, the kind in the lowest [`KIND_BITS`](Self::KIND_BITS) bits.
    head: u64,
    /// The lock in the low half, the site in the high one.
    place: u64,
}

impl CompactEvent {
    /// Size in bytes: of two words of 64 bits.
    pub const SIZE: usize = 16;
    /// Lowest bits of the first word, which say what kind of event it is. The time stands above.
    pub const KIND_BITS: u32 = 4;
    /// How much later a compact event is than what it comes after, at least: so there is room for a request between.
    pub const STEP: u64 = 2;
    /// The latest time that an event can have.
    pub const LATEST: u64 = u64::MAX >> Self::KIND_BITS;

    /// An event of this kind. The time is in nanoseconds since the start of the run.
    #[must_use]
    pub fn new(kind: CompactKind, time: u64, lock: u32, site: u32) -> Self {
        Self {
            head: time << Self::KIND_BITS | kind as u64,
            place: u64::from(lock) | u64::from(site) << 32,
        }
    }

    /// The event that these words are.
    #[must_use]
    pub fn from_words([head, place]: [u64; 2]) -> Self {
        Self { head, place }
    }

    /// The words that it is.
    #[must_use]
    pub fn words(self) -> [u64; 2] {
        [self.head, self.place]
    }

    /// The time for an event of a thread: of a `clock` that may lag, the thread's `last` event, and the last release of the
    /// lock that the event is about. It is later than both, by enough for a request.
    ///
    /// ```
    /// use threadlink_trace::CompactEvent;
    ///
    /// assert_eq!(CompactEvent::stamp(1_000, 500, 0), 1_000);
    /// assert_eq!(CompactEvent::stamp(1_000, 1_000, 1_007), 1_009);
    /// ```
    #[must_use]
    pub fn stamp(clock: u64, last: u64, released: u64) -> u64 {
        clock.max(last.max(released).saturating_add(Self::STEP))
    }

    /// What kind it is; `None` if it has a number that no kind has.
    #[inline]
    fn kind(self) -> Option<CompactKind> {
        let number = self.head & ((1 << Self::KIND_BITS) - 1);
        CompactKind::ALL.into_iter().find(|kind| *kind as u64 == number)
    }

    /// How many events it stands for.
    pub(crate) fn count(self) -> usize {
        self.kind().map_or(0, CompactKind::count)
    }

    /// The events that it stands for, with their times: none, if it has a number that no kind has.
    #[inline(always)]
    pub(crate) fn each(self, mut tell: impl FnMut(u64, EventKind)) {
        let time = self.head >> Self::KIND_BITS;
        let (lock, site) = (self.place as u32, (self.place >> 32) as u32);
        let Some(kind) = self.kind() else { return };
        let mode = match kind {
            CompactKind::AtOnce | CompactKind::Try | CompactKind::Release => Mode::Exclusive,
            CompactKind::ReadAtOnce | CompactKind::ReadTry | CompactKind::ReadRelease => Mode::Shared,
        };
        let op = match kind {
            CompactKind::Release | CompactKind::ReadRelease => {
                return tell(time, EventKind::Release { lock, mode });
            }
            CompactKind::AtOnce | CompactKind::ReadAtOnce => AcquireOp::Blocking,
            CompactKind::Try | CompactKind::ReadTry => AcquireOp::Try,
        };
        if op == AcquireOp::Blocking {
            let contended = false;
            tell(
                time.saturating_sub(1),
                EventKind::Request {
                    lock,
                    site,
                    contended,
                    mode,
                },
            );
        }
        tell(time, EventKind::Acquire { lock, site, op, mode });
    }
}

/// Where a thread's compact events are until a [`Recorder`](crate::Recorder) has them: memory that the thread writes, and that
/// others may read while it does.
///
/// ```
/// use std::sync::Mutex;
/// use threadlink_trace::{CompactEvent, CompactSource};
///
/// struct Waiting(Mutex<Vec<CompactEvent>>);
/// impl CompactSource for Waiting {
///     fn take(&self, into: &mut Vec<CompactEvent>) {
///         into.append(&mut self.0.lock().unwrap());
///     }
/// }
/// ```
pub trait CompactSource: Send + Sync {
    /// Takes the events that are there, in their order, and appends them. Each is taken once. Called by one thread at a time,
    /// mostly the one that the events are about.
    fn take(&self, into: &mut Vec<CompactEvent>);
}

/// What those look at who write compact events, before each: whether the trace is closed. There is one for all of a trace, so
/// that the end of a trace is a consistent cut: once one thread has found it closed, so do all that this thread synchronises
/// with.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use threadlink_trace::Gate;
///
/// struct Flag(AtomicBool);
/// impl Gate for Flag {
///     fn close(&self) {
///         self.0.store(true, Ordering::SeqCst);
///     }
///     fn is_closed(&self) -> bool {
///         self.0.load(Ordering::Acquire)
///     }
/// }
/// ```
pub trait Gate: Send + Sync {
    /// Closes it for good. What the calling thread reads after this comes after this for all others, too.
    fn close(&self);

    /// Whether it is closed.
    fn is_closed(&self) -> bool;
}
