//! What a report says of threads that get in each other's way at a lock: [`LockContention`].

use std::fmt;

use threadlink_trace::Mode;

use crate::place::Place;

/// Acquisitions in a row that make a convoy.
pub(crate) const CONVOY: u64 = 10;

/// Who waited for a lock, and because of whom; and what its holders waited for. All of it counts up to the end of the trace, with
/// waits and holds that are not over then. Times are nanoseconds.
///
/// # Examples
/// ```
/// # fn show(lock: &threadlink_analysis::LockReport) {
/// if let Some(contention) = &lock.contention {
///     println!("{} threads waited for {}", contention.waiters.len(), lock.origin);
/// }
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct LockContention {
    /// The threads that waited for it, who waited longest first.
    pub waiters: Vec<LockWaiter>,
    /// Who held it while others waited, who made them wait longest first.
    pub blame: Vec<Blame>,
    /// How many threads waited at once, at most.
    pub longest_queue: u64,
    /// The convoys.
    pub convoys: Convoys,
    /// What threads waited for while they held it, the longest waits first.
    pub held_while_waiting: Vec<HeldWhileWaiting>,
}

impl LockContention {
    /// What all threads together waited for the lock.
    ///
    /// # Examples
    /// ```
    /// # fn show(contention: &threadlink_analysis::LockContention) {
    /// assert!(contention.waiters.iter().all(|waiter| waiter.wait_ns <= contention.wait_ns()));
    /// # }
    /// ```
    #[must_use]
    pub fn wait_ns(&self) -> u64 {
        let waits = self.waiters.iter().map(|waiter| waiter.wait_ns);
        waits.fold(0, u64::saturating_add)
    }
}

/// A thread that waited for a lock.
///
/// # Examples
/// ```
/// # fn show(waiter: &threadlink_analysis::LockWaiter) {
/// println!("thread {} waited {} times", waiter.thread, waiter.waits);
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LockWaiter {
    /// The thread.
    pub thread: u32,
    /// How often it waited, attempts that were given up among them.
    pub waits: u64,
    /// How long, all together.
    pub wait_ns: u64,
}

/// A place where a thread acquired a lock, which others then waited for.
///
/// # Examples
/// ```
/// # fn show(blame: &threadlink_analysis::Blame) {
/// println!("{}: thread {} made others wait {} ns", blame.place, blame.thread, blame.blocked_ns);
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Blame {
    /// The place.
    pub place: Place,
    /// What for it was acquired there.
    pub mode: Mode,
    /// The thread.
    pub thread: u32,
    /// How long others waited while it held the lock, for each of them; if several threads read it, the one that had read it longest
    /// is the one that counts.
    pub blocked_ns: u64,
}

/// Convoys: a lock was acquired at least ten times in a row by threads each of which had had to wait, so it went from hand to
/// hand. Who comes finds it held, and its queue lasts (Blasgen, Gray, Mitchell and Price, *The convoy phenomenon*, 1979).
///
/// # Examples
/// ```
/// # fn show(convoys: &threadlink_analysis::Convoys) {
/// assert!(convoys.longest <= convoys.acquisitions);
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Convoys {
    /// How many.
    pub count: u64,
    /// The acquisitions in them.
    pub acquisitions: u64,
    /// The acquisitions in the longest one.
    pub longest: u64,
    /// How long they took, from the first wait's beginning to the last acquisition.
    pub time_ns: u64,
}

/// What threads waited for while they held a lock that they had acquired at one place.
///
/// # Examples
/// ```
/// # fn show(held: &threadlink_analysis::HeldWhileWaiting) {
/// println!("acquired at {}, then waited for {} at {}", held.place, held.kind, held.waited_at);
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct HeldWhileWaiting {
    /// Where the lock was acquired.
    pub place: Place,
    /// What for.
    pub mode: Mode,
    /// What was waited for.
    pub kind: WaitKind,
    /// Where.
    pub waited_at: Place,
    /// How often.
    pub waits: u64,
    /// How long, all together.
    pub wait_ns: u64,
    /// The longest of these waits.
    pub max_wait_ns: u64,
}

/// What a thread waits for.
///
/// # Examples
/// ```
/// use threadlink_analysis::WaitKind;
///
/// assert_eq!(WaitKind::Join.as_str(), "join");
/// assert_eq!(WaitKind::Join.to_string(), "the end of a thread");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum WaitKind {
    /// A lock.
    Lock,
    /// To be notified by a condition variable.
    Condvar,
    /// To be woken at an address, where that is no part of another wait: at a channel, or for some time.
    Address,
    /// The end of a thread.
    Join,
    /// To be unparked.
    Park,
}

impl WaitKind {
    pub(crate) const ALL: [Self; 5] = [Self::Lock, Self::Condvar, Self::Address, Self::Join, Self::Park];

    /// Its name in the document.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(threadlink_analysis::WaitKind::Condvar.as_str(), "condvar");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Condvar => "condvar",
            Self::Address => "address",
            Self::Join => "join",
            Self::Park => "park",
        }
    }
}

impl fmt::Display for WaitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lock => "another lock",
            Self::Condvar => "a condition variable",
            Self::Address => "a wake at an address",
            Self::Join => "the end of a thread",
            Self::Park => "its token, parked",
        })
    }
}
