//! std's synchronisation, with a mutex, a read-write lock and a condition variable that the host can see.
//!
//! A program moves here by changing `std::sync` to `threadlink::sync`: names and signatures are std's.
//!
//! | name | whose | waits seen by the host |
//! |---|---|---|
//! | [`Mutex`] ([`TracingMutex`]), [`RwLock`] ([`TracingRwLock`]), [`Condvar`], their guards and [`WaitTimeoutResult`] | ours, one type with or without the feature `tracing` | yes |
//! | [`mpsc`] | std's; on wasm ours, because std's `recv_timeout` panics there | no |
//! | [`Barrier`], [`Once`], [`OnceLock`], [`LazyLock`] | std's | no |
//! | [`Arc`], [`Weak`], [`atomic`] | std's | never wait |
//! | [`LockResult`], [`PoisonError`] and the other errors | std's | never wait |
//!
//! What is std's works on wasm as it is: with the target feature `atomics`, std builds its locks from wasm's own wait
//! and notify, and `Barrier`, `Once` and those above it from these. A wait inside them, or in a channel, is **not
//! traced**: a deadlock in which one of them takes part is not reported.
//!
//! Only with the cargo feature `std-unstable` there are `MutexGuard::map` and its likes, and the accessors `get_cloned`,
//! `set` and `replace` of both locks: they are unstable in std (`mapped_lock_guards`, `lock_value_accessors`), and will
//! follow what std makes of them.
//!
//! ```
//! use threadlink::sync::{Arc, Condvar, Mutex};
//!
//! let pair = Arc::new((Mutex::new(false), Condvar::new()));
//! let theirs = Arc::clone(&pair);
//! let worker = threadlink::spawn(move || {
//!     *theirs.0.lock().unwrap() = true;
//!     theirs.1.notify_one();
//! });
//! let ready = pair.1.wait_while(pair.0.lock().unwrap(), |ready| !*ready).unwrap();
//! assert!(*ready);
//! drop(ready);
//! worker.join().unwrap();
//! ```

mod condvar;
#[cfg(feature = "std-unstable")]
mod mapped;
mod mutex;
mod poison;
mod rwlock;
#[cfg(feature = "std-unstable")]
mod values;

#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
pub mod mpsc;
#[cfg(not(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std))))]
pub use std::sync::mpsc;

// Natively the channels of wasm are compiled for their tests only.
#[cfg(all(
    test,
    not(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))
))]
#[path = "mpsc/mod.rs"]
#[allow(unreachable_pub)]
mod own_mpsc;

#[cfg(test)]
mod markers;

pub use self::condvar::{Condvar, WaitTimeoutResult};
#[cfg(feature = "std-unstable")]
pub use self::mapped::{MappedMutexGuard, MappedRwLockReadGuard, MappedRwLockWriteGuard};
pub use self::mutex::TracingMutex;
#[doc(no_inline)]
pub use self::mutex::TracingMutex as Mutex;
pub use self::mutex::guard::MutexGuard;
pub use self::rwlock::TracingRwLock;
#[doc(no_inline)]
pub use self::rwlock::TracingRwLock as RwLock;
pub use self::rwlock::guard::{RwLockReadGuard, RwLockWriteGuard};
#[allow(deprecated)]
pub use std::sync::ONCE_INIT;
pub use std::sync::{
    Arc, Barrier, BarrierWaitResult, LazyLock, LockResult, Once, OnceLock, OnceState, PoisonError,
    TryLockError, TryLockResult, Weak, atomic,
};
