//! What a report says of a thread: [`ThreadReport`].

use std::sync::Arc;

use crate::contention::WaitKind;

/// What a thread's time went for. Times are nanoseconds.
///
/// `running_ns` and the five waits add up to `life_ns`. A thread that is told to have waited did so: what it got at once (a lock
/// that nobody had, a token that was there, a thread that had ended) is no wait, however long it took to record.
///
/// # Examples
/// ```
/// # fn show(report: &threadlink_analysis::Report) {
/// for thread in &report.thread_times {
///     assert_eq!(thread.running_ns + thread.waiting_ns(), thread.life_ns);
/// }
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ThreadReport {
    /// The thread.
    pub thread: u32,
    /// Its name.
    pub name: Option<Arc<str>>,
    /// The time of its first event; 0 if it has none.
    pub first_ns: u64,
    /// The time of its last event; 0 if it has none.
    pub last_ns: u64,
    /// From the first event to the last one, or to the trace's end for a thread that was there then. If the trace was cut off, that is
    /// not known of threads that didn't wait: then it's to their last event.
    pub life_ns: u64,
    /// The part of its life in which it didn't wait.
    pub running_ns: u64,
    /// The part in which it waited for locks.
    pub lock_wait_ns: u64,
    /// The part in which it waited for condition variables; not for the mutex after that.
    pub condvar_wait_ns: u64,
    /// The part in which it waited at addresses, where that was no part of another wait.
    pub address_wait_ns: u64,
    /// The part in which it waited for other threads to end.
    pub join_wait_ns: u64,
    /// The part in which it was parked.
    pub park_wait_ns: u64,
    /// Whether it has ended.
    pub ended: bool,
    /// Whether it died: of a panic or a trap.
    pub died: bool,
}

impl ThreadReport {
    /// The sum of its waits.
    ///
    /// # Examples
    /// ```
    /// # fn show(thread: &threadlink_analysis::ThreadReport) {
    /// assert!(thread.waiting_ns() <= thread.life_ns);
    /// # }
    /// ```
    #[must_use]
    pub fn waiting_ns(&self) -> u64 {
        WaitKind::ALL.map(|kind| self.wait_ns(kind)).iter().sum()
    }

    /// One of its waits.
    ///
    /// # Examples
    /// ```
    /// use threadlink_analysis::{ThreadReport, WaitKind};
    ///
    /// # fn show(thread: &ThreadReport) {
    /// assert_eq!(thread.wait_ns(WaitKind::Lock), thread.lock_wait_ns);
    /// # }
    /// ```
    #[must_use]
    pub fn wait_ns(&self, kind: WaitKind) -> u64 {
        match kind {
            WaitKind::Lock => self.lock_wait_ns,
            WaitKind::Condvar => self.condvar_wait_ns,
            WaitKind::Address => self.address_wait_ns,
            WaitKind::Join => self.join_wait_ns,
            WaitKind::Park => self.park_wait_ns,
        }
    }
}
