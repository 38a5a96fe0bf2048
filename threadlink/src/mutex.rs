//! Traced mutexes in `lock_api`'s flavour: `lock()` returns the guard, and nothing is ever poisoned.
//!
//! [`crate::sync`] has the same lock with std's signatures.

use crate::raw::RawTracing;

/// parking_lot's raw mutex with the hooks around it.
///
/// ```
/// use threadlink::mutex::TracingRawMutex;
///
/// let lock: lock_api::Mutex<TracingRawMutex, u32> = lock_api::Mutex::new(1);
/// assert_eq!(*lock.lock(), 1);
/// ```
pub type TracingRawMutex = RawTracing<parking_lot::RawMutex>;

/// A mutex whose operations the host sees when the program is built with the feature `tracing`.
///
/// ```
/// use threadlink::mutex::TracingMutex;
///
/// static TOTAL: TracingMutex<u32> = TracingMutex::new(0);
///
/// let workers: Vec<_> = (0..4).map(|n| threadlink::spawn(move || *TOTAL.lock() += n)).collect();
/// for worker in workers {
///     worker.join().unwrap();
/// }
/// assert_eq!(*TOTAL.lock(), 6);
/// ```
pub type TracingMutex<T> = lock_api::Mutex<TracingRawMutex, T>;

/// The guard of a [`TracingMutex`]: the lock is held until it is dropped.
///
/// ```
/// use threadlink::mutex::{TracingMutex, TracingMutexGuard};
///
/// fn raise(mut number: TracingMutexGuard<'_, u32>) {
///     *number += 1;
/// }
/// let number = TracingMutex::new(1);
/// raise(number.lock());
/// assert_eq!(*number.lock(), 2);
/// ```
pub type TracingMutexGuard<'a, T> = lock_api::MutexGuard<'a, TracingRawMutex, T>;

/// The guard of a part of what a [`TracingMutex`] protects.
///
/// ```
/// use threadlink::mutex::{TracingMappedMutexGuard, TracingMutex, TracingMutexGuard};
///
/// fn first(list: &TracingMutex<Vec<u8>>) -> TracingMappedMutexGuard<'_, u8> {
///     TracingMutexGuard::map(list.lock(), |list| &mut list[0])
/// }
///
/// assert_eq!(*first(&TracingMutex::new(vec![1, 2])), 1);
/// ```
pub type TracingMappedMutexGuard<'a, T> = lock_api::MappedMutexGuard<'a, TracingRawMutex, T>;
