//! [`Condvar`]: std's condition variable for the traced mutex.
//!
//! It is a counter of notifications. A waiter reads the counter while it holds the mutex, releases the mutex
//! and sleeps for as long as the counter has that value; every notification changes it. So a notification
//! between the release and the sleep is not lost, and the worst that can happen is to wake up for nothing. (The
//! exception is a waiter that stands still between the two while the counter goes round, which takes a multiple of
//! exactly 2^32 notifications. std's is built in the same way.)
//!
//! A second counter says how many threads wait, so that a notification that nobody waits for is not counted and wakes
//! nobody, which on wasm would be a call to the host.

use std::fmt;
use std::sync::LockResult;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::mutex::guard::{MutexGuard, Suspended};
use super::poison::result;
use crate::backend::{self, futex};
use crate::hooks::{self, Instance, LockName, Moment, Op, Origin, Stamp};
use threadlink_abi::moment::{FinishWait, Notify, StartWait};

/// Whether a timed wait ended because the time was over.
///
/// ```
/// use std::time::Duration;
/// use threadlink::sync::{Condvar, Mutex};
///
/// let mutex = Mutex::new(());
/// let (_guard, result) = Condvar::new().wait_timeout(mutex.lock().unwrap(), Duration::ZERO).unwrap();
/// assert!(result.timed_out());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// True if the time was over.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

/// std's `Condvar`, for the mutex of this module.
///
/// Built with the feature `tracing`, the host sees the wait and the notifications, and the release and new
/// acquisition of the mutex like any others.
///
/// ```
/// use threadlink::sync::{Condvar, Mutex};
///
/// static QUEUE: Mutex<Vec<u32>> = Mutex::new(Vec::new());
/// static FILLED: Condvar = Condvar::new();
///
/// let worker = threadlink::spawn(|| {
///     let mut queue = QUEUE.lock().unwrap();
///     while queue.is_empty() {
///         queue = FILLED.wait(queue).unwrap();
///     }
///     queue.pop()
/// });
/// QUEUE.lock().unwrap().push(5);
/// FILLED.notify_one();
/// assert_eq!(worker.join().unwrap(), Some(5));
/// ```
#[repr(C)]
pub struct Condvar {
    notifications: AtomicU32,
    waiters: AtomicU32,
    // Where it stands in a lock, too.
    pub(crate) origin: Origin,
    instance: Instance,
    stamp: Stamp,
}

#[cfg(all(feature = "tracing", target_arch = "wasm32"))]
const _: () = {
    use std::mem::offset_of;
    use threadlink_abi::layout::lock as layout;
    assert!(offset_of!(Condvar, origin) == layout::SITE as usize);
    assert!(offset_of!(Condvar, instance) == layout::INSTANCE as usize);
    assert!(offset_of!(Condvar, stamp) == layout::STAMP as usize);
};

impl Condvar {
    /// A condition variable for which no one waits.
    ///
    /// ```
    /// static FILLED: threadlink::sync::Condvar = threadlink::sync::Condvar::new();
    /// FILLED.notify_all();
    /// ```
    #[must_use]
    #[inline]
    #[track_caller]
    pub const fn new() -> Self {
        Self::with_name(LockName::NONE)
    }

    /// A condition variable that traces and reports call `name`. std has no such thing.
    ///
    /// ```
    /// use threadlink::hooks::LockName;
    /// use threadlink::sync::Condvar;
    ///
    /// static FILLED: Condvar = Condvar::with_name(LockName::new("FILLED"));
    /// FILLED.notify_all();
    /// ```
    #[must_use]
    #[inline]
    #[track_caller]
    pub const fn with_name(name: LockName) -> Self {
        Self {
            notifications: AtomicU32::new(0),
            waiters: AtomicU32::new(0),
            origin: Origin::here(name),
            instance: Instance::NEW,
            stamp: Stamp::NEW,
        }
    }

    /// What the hooks call this condition variable.
    #[inline]
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// The program asks for something.
    #[inline]
    #[track_caller]
    fn request(&self, moment: impl Moment, op: Op) {
        self.instance.begin();
        hooks::request(moment, self.address(), op);
    }

    /// Releases the mutex, blocks until a notification, and locks the mutex again. It may also wake up without
    /// a notification: check your condition in a loop, or use [`wait_while`](Condvar::wait_while).
    ///
    /// # Errors
    /// If the mutex is poisoned when it is locked again; the error holds the guard.
    ///
    /// ```
    /// use threadlink::sync::{Condvar, Mutex};
    ///
    /// let (ready, changed) = (Mutex::new(false), Condvar::new());
    /// threadlink::thread::scope(|s| {
    ///     s.spawn(|| {
    ///         *ready.lock().unwrap() = true;
    ///         changed.notify_one();
    ///     });
    ///
    ///     let mut guard = ready.lock().unwrap();
    ///     while !*guard {
    ///         guard = changed.wait(guard).unwrap();
    ///     }
    /// });
    /// ```
    #[track_caller]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        self.sleep(guard, None).0.resume()
    }

    /// Waits until `condition` says false.
    ///
    /// # Errors
    /// If the mutex is poisoned; the error holds the guard.
    ///
    /// ```
    /// use threadlink::sync::{Condvar, Mutex};
    ///
    /// let (ready, changed) = (Mutex::new(false), Condvar::new());
    /// threadlink::thread::scope(|s| {
    ///     s.spawn(|| {
    ///         *ready.lock().unwrap() = true;
    ///         changed.notify_one();
    ///     });
    ///
    ///     let guard = changed.wait_while(ready.lock().unwrap(), |ready| !*ready).unwrap();
    ///     assert!(*guard);
    /// });
    /// ```
    #[track_caller]
    pub fn wait_while<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: F,
    ) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        while condition(&mut *guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// Like [`wait_timeout`](Condvar::wait_timeout) with a number of milliseconds; false if the time was over.
    ///
    /// # Errors
    /// If the mutex is poisoned; the error holds the guard and the result.
    ///
    /// ```
    /// #![allow(deprecated)]
    /// use threadlink::sync::{Condvar, Mutex};
    ///
    /// let mutex = Mutex::new(());
    /// let (_guard, in_time) = Condvar::new().wait_timeout_ms(mutex.lock().unwrap(), 1).unwrap();
    /// assert!(!in_time);
    /// ```
    #[deprecated(note = "std has deprecated it in favour of `wait_timeout`")]
    #[track_caller]
    pub fn wait_timeout_ms<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        ms: u32,
    ) -> LockResult<(MutexGuard<'a, T>, bool)> {
        match self.wait_timeout(guard, Duration::from_millis(ms.into())) {
            Ok((guard, outcome)) => Ok((guard, !outcome.timed_out())),
            Err(poisoned) => {
                let (guard, outcome) = poisoned.into_inner();
                result((guard, !outcome.timed_out()), true)
            }
        }
    }

    /// Like [`wait`](Condvar::wait), but no longer than `timeout` (plus the time to lock the mutex again).
    ///
    /// It never says that the time was over before it was. Like `wait` it may wake up without a notification, and
    /// it does not go on waiting then, which would need a clock:
    /// [`wait_timeout_while`](Condvar::wait_timeout_while) does. A timeout of zero releases the mutex and locks it
    /// again; one that is too long for the clock is none.
    ///
    /// # Errors
    /// If the mutex is poisoned; the error holds the guard and the result.
    ///
    /// ```
    /// # use threadlink::sync::{Condvar, Mutex};
    /// # use std::time::Duration;
    /// let mutex = Mutex::new(());
    /// let (_guard, result) =
    ///     Condvar::new().wait_timeout(mutex.lock().unwrap(), Duration::from_millis(1)).unwrap();
    /// assert!(result.timed_out());
    /// ```
    #[track_caller]
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let (guard, woken) = self.sleep(guard, Some(timeout));
        let outcome = WaitTimeoutResult(!woken);
        match guard.resume() {
            Ok(guard) => Ok((guard, outcome)),
            Err(poisoned) => result((poisoned.into_inner(), outcome), true),
        }
    }

    /// Waits until `condition` says false, but no longer than `timeout` in all.
    ///
    /// On wasm this imports a clock that only hosts with Threadlink's extensions have.
    ///
    /// # Errors
    /// If the mutex is poisoned; the error holds the guard and the result.
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadlink::sync::{Condvar, Mutex};
    ///
    /// let ready = Mutex::new(false);
    /// let (guard, result) = Condvar::new()
    ///     .wait_timeout_while(ready.lock().unwrap(), Duration::from_millis(1), |ready| !*ready)
    ///     .unwrap();
    /// assert!(result.timed_out() && !*guard);
    /// ```
    #[track_caller]
    pub fn wait_timeout_while<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
        mut condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        let start = backend::monotonic_nanos();
        loop {
            if !condition(&mut *guard) {
                return Ok((guard, WaitTimeoutResult(false)));
            }
            let elapsed = Duration::from_nanos(backend::monotonic_nanos().saturating_sub(start));
            let Some(left) = timeout.checked_sub(elapsed) else {
                return Ok((guard, WaitTimeoutResult(true)));
            };
            guard = self.wait_timeout(guard, left)?.0;
        }
    }

    /// Wakes one waiting thread, if there is one.
    ///
    /// ```
    /// threadlink::sync::Condvar::new().notify_one();
    /// ```
    #[track_caller]
    pub fn notify_one(&self) {
        self.request(Notify { all: false }, Op::Blocking);
        if self.notified() {
            futex::wake_one(&self.notifications);
        }
    }

    /// Wakes every waiting thread.
    ///
    /// ```
    /// threadlink::sync::Condvar::new().notify_all();
    /// ```
    #[track_caller]
    pub fn notify_all(&self) {
        self.request(Notify { all: true }, Op::Blocking);
        if self.notified() {
            futex::wake_all(&self.notifications);
        }
    }

    /// Counts a notification, and says whether anybody can be asleep.
    ///
    /// A waiter counts itself in `waiters` while it holds the mutex. So whoever notifies after a waiter has released
    /// it, which is all that a notification is for, finds the waiter counted; and who notifies before has nobody to
    /// wake. The counter of notifications is the last that is touched: from then on a waiter can be gone, and the
    /// condition variable with it. Waking takes its address only.
    #[inline]
    fn notified(&self) -> bool {
        if self.waiters.load(Ordering::SeqCst) == 0 {
            return false;
        }
        self.notifications.fetch_add(1, Ordering::SeqCst);
        true
    }

    /// Releases the mutex and sleeps. Returns the guard without its lock, and whether there was a wake-up.
    #[track_caller]
    fn sleep<'a, T>(&self, guard: MutexGuard<'a, T>, timeout: Option<Duration>) -> (Suspended<'a, T>, bool) {
        let mutex = guard.lock().raw.address();
        let op = if timeout.is_some() {
            Op::Timed
        } else {
            Op::Blocking
        };
        self.request(StartWait { mutex }, op);
        self.waiters.fetch_add(1, Ordering::SeqCst);
        // Read while the lock is held: the notification of a thread that locks later comes later, so it changes
        // the value that is read here. Relaxed, since the lock is what orders the two.
        let seen = self.notifications.load(Ordering::Relaxed);
        let guard = guard.suspend();
        let woken = futex::wait(&self.notifications, seen, timeout);
        // Late is harmless: a notification that counts too many waiters wakes nobody in vain.
        self.waiters.fetch_sub(1, Ordering::Relaxed);
        hooks::tell(FinishWait { timed_out: !woken }, self.address());
        (guard, woken)
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::TracingMutex;
    use std::sync::Arc;

    #[test]
    fn a_bounded_queue_passes_everything_through() {
        struct Queue {
            items: TracingMutex<Vec<u32>>,
            changed: Condvar,
        }
        const ITEMS: u32 = 2_000;
        let queue = Arc::new(Queue {
            items: TracingMutex::new(Vec::new()),
            changed: Condvar::new(),
        });
        let theirs = Arc::clone(&queue);
        let consumer = std::thread::spawn(move || {
            let mut sum = 0;
            for _ in 0..ITEMS {
                let mut items = theirs
                    .changed
                    .wait_while(theirs.items.lock().unwrap(), |items| items.is_empty())
                    .unwrap();
                sum += items.pop().unwrap();
                theirs.changed.notify_all();
            }
            sum
        });
        for n in 0..ITEMS {
            let mut items = queue.items.lock().unwrap();
            while items.len() >= 2 {
                items = queue.changed.wait(items).unwrap();
            }
            items.push(n);
            queue.changed.notify_one();
        }
        assert_eq!(consumer.join().unwrap(), (0..ITEMS).sum());
    }

    #[test]
    fn a_notification_counts_only_while_somebody_waits() {
        let mutex = TracingMutex::new(false);
        let condvar = Condvar::new();
        let count = || condvar.notifications.load(Ordering::Relaxed);
        condvar.notify_all();
        assert_eq!(count(), 0);
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| condvar.wait_while(mutex.lock().unwrap(), |done| !*done).is_ok());
            // With the lock in hand, a thread that is counted has released it for its wait.
            loop {
                let mut done = mutex.lock().unwrap();
                if condvar.waiters.load(Ordering::Relaxed) != 0 {
                    *done = true;
                    break;
                }
            }
            condvar.notify_one();
            assert!(waiter.join().unwrap());
        });
        assert_eq!(count(), 1);
        condvar.notify_one();
        assert_eq!(count(), 1);
    }

    #[test]
    fn time_runs_out_only_without_success() {
        let mutex = TracingMutex::new(3);
        let condvar = Condvar::new();
        let short = Duration::from_millis(2);
        let (guard, outcome) = condvar
            .wait_timeout_while(mutex.lock().unwrap(), short, |n| *n == 3)
            .unwrap();
        assert!(outcome.timed_out());
        let (_guard, outcome) = condvar.wait_timeout_while(guard, short, |n| *n == 4).unwrap();
        assert!(!outcome.timed_out());
    }

    #[test]
    fn no_time_is_over_at_once_and_endless_time_never() {
        let mutex = TracingMutex::new(());
        let condvar = Condvar::new();
        let (guard, outcome) = condvar
            .wait_timeout(mutex.lock().unwrap(), Duration::ZERO)
            .unwrap();
        assert!(outcome.timed_out());
        let (guard, outcome) = condvar
            .wait_timeout_while(guard, Duration::ZERO, |()| true)
            .unwrap();
        assert!(outcome.timed_out());
        #[allow(deprecated)]
        let (guard, in_time) = condvar.wait_timeout_ms(guard, 0).unwrap();
        assert!(!in_time);
        for endless in [
            Duration::MAX,
            Duration::from_secs(u64::MAX.div_ceil(1_000_000_000)),
            Duration::from_nanos(u64::MAX),
        ] {
            let pair = Arc::new((TracingMutex::new(false), Condvar::new()));
            let theirs = Arc::clone(&pair);
            let guard = pair.0.lock().unwrap();
            let notifier = std::thread::spawn(move || {
                // Got only while the other thread waits.
                *theirs.0.lock().unwrap() = true;
                theirs.1.notify_all();
            });
            let (guard, outcome) = pair.1.wait_timeout_while(guard, endless, |done| !*done).unwrap();
            assert!(*guard && !outcome.timed_out());
            drop(guard);
            notifier.join().unwrap();
        }
        drop(guard);
    }

    #[test]
    fn every_waiter_is_woken_by_one_notification_each() {
        const WAITERS: usize = 4;
        const ROUNDS: usize = 200;
        let tokens = TracingMutex::new((0, 0));
        let condvar = Condvar::new();
        std::thread::scope(|scope| {
            for _ in 0..WAITERS {
                scope.spawn(|| {
                    for _ in 0..ROUNDS {
                        let mut guard = condvar
                            .wait_while(tokens.lock().unwrap(), |(tokens, _)| *tokens == 0)
                            .unwrap();
                        guard.0 -= 1;
                        guard.1 += 1;
                    }
                });
            }
            for _ in 0..WAITERS * ROUNDS {
                tokens.lock().unwrap().0 += 1;
                condvar.notify_one();
            }
        });
        assert_eq!(tokens.into_inner().unwrap(), (0, WAITERS * ROUNDS));
        assert_eq!(condvar.waiters.into_inner(), 0);
    }

    #[test]
    fn a_guard_poisons_where_it_ends_and_not_where_it_waits() {
        struct Waits<'a>(Option<MutexGuard<'a, ()>>, &'a Condvar, &'a AtomicU32);
        impl Drop for Waits<'_> {
            fn drop(&mut self) {
                assert!(std::thread::panicking());
                let guard = self.0.take().unwrap();
                let waited = self.1.wait_timeout(guard, Duration::ZERO);
                self.2
                    .store(if waited.is_ok() { 1 } else { 2 }, Ordering::Relaxed);
            }
        }
        let (mutex, condvar, healthy) = (TracingMutex::new(()), Condvar::new(), AtomicU32::new(0));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _waits = Waits(Some(mutex.lock().unwrap()), &condvar, &healthy);
            panic!("while held");
        }));
        assert!(panicked.is_err());
        assert_eq!(healthy.into_inner(), 1);
        assert!(mutex.is_poisoned());
    }

    #[test]
    fn a_wait_reports_poison() {
        let pair = Arc::new((TracingMutex::new(()), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let guard = pair.0.lock().unwrap();
        let worker = std::thread::spawn(move || {
            let _guard = theirs.0.lock().unwrap();
            theirs.1.notify_one();
            panic!("while held");
        });
        // Whether it wakes up early or not, the poison is there only after the worker had the lock.
        let mut waited = pair.1.wait(guard);
        while let Ok(guard) = waited {
            waited = pair
                .1
                .wait_timeout(guard, Duration::from_millis(1))
                .map(|(guard, _)| guard)
                .map_err(|poisoned| std::sync::PoisonError::new(poisoned.into_inner().0));
        }
        assert!(worker.join().is_err());
    }
}
