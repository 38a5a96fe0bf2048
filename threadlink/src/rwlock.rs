//! Traced read-write locks in `lock_api`'s flavour: `read()` and `write()` return guards, and nothing is ever
//! poisoned.
//!
//! [`crate::sync`] has the same lock with std's signatures.

use crate::raw::RawTracingRw;

/// parking_lot's raw read-write lock with the hooks around it.
///
/// ```
/// use threadlink::rwlock::TracingRawRwLock;
///
/// let lock: lock_api::RwLock<TracingRawRwLock, u32> = lock_api::RwLock::new(1);
/// assert_eq!(*lock.read(), 1);
/// ```
pub type TracingRawRwLock = RawTracingRw<parking_lot::RawRwLock>;

/// A read-write lock whose operations the host sees when the program is built with the feature `tracing`.
///
/// Readers wait for a writer that waits: so a thread that reads must not ask to read again, or the two could wait
/// for each other.
///
/// ```
/// use threadlink::rwlock::TracingRwLock;
///
/// static LIMIT: TracingRwLock<u32> = TracingRwLock::new(3);
///
/// *LIMIT.write() += 1;
/// let readers: Vec<_> = (0..2).map(|_| threadlink::spawn(|| *LIMIT.read())).collect();
/// for reader in readers {
///     assert_eq!(reader.join().unwrap(), 4);
/// }
/// ```
pub type TracingRwLock<T> = lock_api::RwLock<TracingRawRwLock, T>;

/// The guard of a reader of a [`TracingRwLock`]: the lock is held for reading until it is dropped.
///
/// ```
/// use threadlink::rwlock::{TracingRwLock, TracingRwLockReadGuard};
///
/// fn double(number: TracingRwLockReadGuard<'_, u32>) -> u32 {
///     *number * 2
/// }
/// assert_eq!(double(TracingRwLock::new(2).read()), 4);
/// ```
pub type TracingRwLockReadGuard<'a, T> = lock_api::RwLockReadGuard<'a, TracingRawRwLock, T>;

/// The guard of a writer of a [`TracingRwLock`]: the lock is held for writing until it is dropped.
///
/// ```
/// use threadlink::rwlock::{TracingRwLock, TracingRwLockWriteGuard};
///
/// fn raise(mut number: TracingRwLockWriteGuard<'_, u32>) {
///     *number += 1;
/// }
/// let number = TracingRwLock::new(1);
/// raise(number.write());
/// assert_eq!(*number.read(), 2);
/// ```
pub type TracingRwLockWriteGuard<'a, T> = lock_api::RwLockWriteGuard<'a, TracingRawRwLock, T>;

/// The guard of a reader of a [`TracingRwLock`] that may become its writer. There is one of them at a time, beside other
/// readers.
///
/// ```
/// use threadlink::rwlock::{TracingRwLock, TracingRwLockUpgradableReadGuard};
///
/// let limit = TracingRwLock::new(1);
/// let reader = limit.upgradable_read();
/// if *reader < 2 {
///     *TracingRwLockUpgradableReadGuard::upgrade(reader) = 2;
/// }
/// assert_eq!(*limit.read(), 2);
/// ```
pub type TracingRwLockUpgradableReadGuard<'a, T> =
    lock_api::RwLockUpgradableReadGuard<'a, TracingRawRwLock, T>;

/// The guard of a reader of a part of what a [`TracingRwLock`] protects.
///
/// ```
/// use threadlink::rwlock::{TracingMappedRwLockReadGuard, TracingRwLock, TracingRwLockReadGuard};
///
/// fn first(list: &TracingRwLock<Vec<u8>>) -> TracingMappedRwLockReadGuard<'_, u8> {
///     TracingRwLockReadGuard::map(list.read(), |list| &list[0])
/// }
///
/// assert_eq!(*first(&TracingRwLock::new(vec![1, 2])), 1);
/// ```
pub type TracingMappedRwLockReadGuard<'a, T> = lock_api::MappedRwLockReadGuard<'a, TracingRawRwLock, T>;

/// The guard of a writer of a part of what a [`TracingRwLock`] protects.
///
/// ```
/// use threadlink::rwlock::{TracingMappedRwLockWriteGuard, TracingRwLock, TracingRwLockWriteGuard};
///
/// fn first(list: &TracingRwLock<Vec<u8>>) -> TracingMappedRwLockWriteGuard<'_, u8> {
///     TracingRwLockWriteGuard::map(list.write(), |list| &mut list[0])
/// }
///
/// *first(&TracingRwLock::new(vec![1, 2])) += 1;
/// ```
pub type TracingMappedRwLockWriteGuard<'a, T> = lock_api::MappedRwLockWriteGuard<'a, TracingRawRwLock, T>;
