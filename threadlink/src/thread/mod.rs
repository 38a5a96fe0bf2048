//! Threads with std's API.
//!
//! [`spawn()`] starts a thread and gives a [`JoinHandle`], through which another thread waits for the first to
//! end and takes its result. [`Builder`] sets a name or a stack size. Dropping the handle detaches the thread.
//!
//! # What differs from std on wasm
//! - A program built with `panic = "abort"` (the default of `wasm32-unknown-unknown`) still gets `Err` from
//!   [`JoinHandle::join`] for a thread that panicked or trapped; the payload is the message as a [`String`].
//! - In such a program a panic in a [scoped](scope()) thread ends the program, as does, in every wasm program, a trap
//!   in one: what it borrowed may be torn.
//! - What such a thread held stays held: its locks stay locked and its values are never dropped.
//! - `std::thread::current()` works, but knows no name: use [`current`](current()).
//! - When `main` returns, the program ends, whatever other threads do; this is as natively.
//!
//! # Memory ordering
//! As with std, everything that happened before [`spawn()`] happens before the closure runs, and everything the
//! closure did happens before `join` returns.
//!
//! # Where things live
//! [`spawn()`] and [`Builder`] are in `builder.rs` and share `spawn.rs`; `work.rs` makes the closure what backends take, and
//! the result travels in `packet.rs`. `current.rs` is the handle of a thread and which one is running; `park.rs` waits for
//! its `token.rs`; `scope.rs` has scoped threads, of which `scope_data.rs` keeps count. `models.rs` checks the lock-free
//! parts with loom, for which `primitive.rs` swaps their atomics. How a platform starts a thread is `backend`'s matter, and
//! on wasm that of the crate `threadlink-rt`.

mod builder;
mod current;
mod functions;
mod join_handle;
#[cfg(all(test, loom))]
mod models;
mod packet;
mod park;
mod primitive;
mod scope;
mod scope_data;
mod spawn;
pub(crate) mod stats;
mod token;
mod work;

pub use self::builder::{Builder, spawn};
pub use self::current::{Thread, ThreadId, current};
#[allow(deprecated)]
pub use self::functions::sleep_ms;
pub use self::functions::{available_parallelism, sleep, stats, yield_now};
pub use self::join_handle::JoinHandle;
#[allow(deprecated)]
pub use self::park::park_timeout_ms;
pub use self::park::{park, park_timeout};
pub use self::scope::{Scope, ScopedJoinHandle, scope};
pub use self::stats::Stats;

// Thread-locals are std's: what is missing on wasm, running their destructors, is the backend's matter. So is the
// count of panics by which a thread knows that it unwinds.
pub use std::thread::{AccessError, LocalKey, panicking};

/// What a thread ended with: its closure's value, or the payload of its panic.
///
/// It is std's own type. The payload is usually a `&'static str` or a [`String`]; on wasm in an abort build it
/// is always a [`String`].
///
/// ```
/// let result: threadlink::thread::Result<u32> = threadlink::spawn(|| 1).join();
/// assert_eq!(result.unwrap(), 1);
/// ```
pub type Result<T> = std::thread::Result<T>;
