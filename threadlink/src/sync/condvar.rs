//! [`Condvar`]: std's condition variable for the traced mutex.
//!
//! It is a counter of notifications. A waiter reads the counter while it holds the mutex, releases the mutex
//! and sleeps for as long as the counter has that value; every notification changes it. So a notification
//! between the release and the sleep is never lost, and the worst that can happen is to wake up for nothing.
//! (2^32 notifications between those two steps would be one.)

use std::fmt;
use std::sync::LockResult;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::guard::MutexGuard;
use super::mutex::{TracingMutex, result};
use crate::backend::{self, futex};

/// Whether a timed wait ended because the time was over.
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
/// The release and the new acquisition of the mutex that a wait consists of are seen by the host like any
/// others; the sleep in between is not.
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
#[derive(Default)]
pub struct Condvar {
    notifications: AtomicU32,
}

impl Condvar {
    /// A condition variable for which no one waits.
    #[inline]
    pub const fn new() -> Self {
        Self {
            notifications: AtomicU32::new(0),
        }
    }

    /// Releases the mutex, blocks until a notification, and locks the mutex again. It may also wake up without
    /// a notification: check your condition in a loop, or use [`wait_while`](Condvar::wait_while).
    ///
    /// # Errors
    /// If the mutex is poisoned when it is locked again; the error holds the guard.
    #[track_caller]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let mutex = self.sleep(guard, None).0;
        mutex.lock()
    }

    /// Waits until `condition` says false.
    ///
    /// # Errors
    /// If the mutex is poisoned; the error holds the guard.
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

    /// Like [`wait`](Condvar::wait), but no longer than `timeout` (plus the time to lock the mutex again).
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
        let (mutex, woken) = self.sleep(guard, Some(timeout));
        let outcome = WaitTimeoutResult(!woken);
        match mutex.lock() {
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
    pub fn notify_one(&self) {
        // Relaxed is enough: what the waiter shall see is ordered by the mutex.
        self.notifications.fetch_add(1, Ordering::Relaxed);
        futex::wake_one(&self.notifications);
    }

    /// Wakes every waiting thread.
    pub fn notify_all(&self) {
        self.notifications.fetch_add(1, Ordering::Relaxed);
        futex::wake_all(&self.notifications);
    }

    /// Releases the mutex and sleeps. Returns it, unlocked, and whether there was a wake-up.
    fn sleep<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Option<Duration>,
    ) -> (&'a TracingMutex<T>, bool) {
        // Read while the lock is held: a notification by whoever locks next changes it.
        let seen = self.notifications.load(Ordering::Relaxed);
        let mutex = guard.lock();
        drop(guard);
        (mutex, futex::wait(&self.notifications, seen, timeout))
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
