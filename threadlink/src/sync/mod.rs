//! std's synchronisation, with a mutex, a read-write lock and a condition variable that the host can see.
//!
//! A program moves here by changing `std::sync` to `threadlink::sync`: names and signatures are std's.
//!
//! | ours | std's own, re-exported |
//! |---|---|
//! | [`Mutex`] (its proper name is [`TracingMutex`]), [`MutexGuard`], [`RwLock`] ([`TracingRwLock`]) and its guards, [`Condvar`], [`WaitTimeoutResult`] | everything else |
//!
//! [`Once`], [`Barrier`], [`mpsc`] and the others work on wasm as they are, but their waiting is
//! **not traced**: a deadlock in which one of them takes part is not reported.
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
mod guard;
mod mapped;
mod mutex;
mod poison;
mod rwlock;
mod rwlock_guard;

pub use self::condvar::{Condvar, WaitTimeoutResult};
pub use self::guard::MutexGuard;
pub use self::mapped::{MappedMutexGuard, MappedRwLockReadGuard, MappedRwLockWriteGuard};
pub use self::mutex::TracingMutex;
#[doc(no_inline)]
pub use self::mutex::TracingMutex as Mutex;
pub use self::rwlock::TracingRwLock;
#[doc(no_inline)]
pub use self::rwlock::TracingRwLock as RwLock;
pub use self::rwlock_guard::{RwLockReadGuard, RwLockWriteGuard};

pub use std::sync::{
    Arc, Barrier, BarrierWaitResult, LazyLock, LockResult, Once, OnceLock, OnceState, PoisonError,
    TryLockError, TryLockResult, Weak, atomic, mpsc,
};
