//! Threads for Rust programs compiled to `wasm32-unknown-unknown`, with std's API, and locks that can be
//! traced.
//!
//! On that target `std::thread::spawn` fails, `println!` prints nowhere and the destructors of thread-locals
//! never run. This crate supplies what is missing over a small contract with the host that runs the module,
//! and it does the same natively over `std`, so that one program builds, runs and is tested on both.
//!
//! ```
//! use threadlink::sync::{Arc, Mutex};
//!
//! let total = Arc::new(Mutex::new(0));
//! let workers: Vec<_> = (1..=4)
//!     .map(|n| {
//!         let total = Arc::clone(&total);
//!         threadlink::spawn(move || *total.lock().unwrap() += n)
//!     })
//!     .collect();
//! for worker in workers {
//!     worker.join().unwrap();
//! }
//! assert_eq!(*total.lock().unwrap(), 10);
//! ```
//!
//! # What is where
//! - [`thread`]: [`spawn`], join handles, thread names and stack sizes.
//! - [`sync`]: std's `Mutex`, `RwLock` and `Condvar`, whose operations a host can see, and std's other primitives.
//! - [`mutex`], [`rwlock`]: the same locks in `lock_api`'s flavour, where `lock()` returns the guard; [`raw`] underneath.
//! - [`time`]: std's clocks, which on wasm are the host's.
//! - [`println!`](crate::println), [`io`], [`env`](mod@env), [`process`]: output, arguments and exit codes.
//! - [`alloc`]: the allocator of guests.
//! - `#[threadlink::main]` makes a function the program's entry point, `#[threadlink::export]` one of a library's;
//!   `#[threadlink::test]` a test that runs on the guest too. `#[threadlink::traced]` turns std's locks into traced
//!   ones where they stand, and with `(std)` the rest of a std program into one for guests.
//!
//! # How a spawn becomes a thread
//! `thread/spawn.rs` wraps the closure so that its result lands in a *packet* shared with the join handle. On
//! wasm, `backend/wasm` gives it to the runtime, which is the crate `threadlink-rt`: that puts a *block* in place (control
//! block, thread-local storage, guard zone and stack in one allocation), and passes its address to the host's
//! `thread_create`. The host calls the exported `thread_start` on a fresh thread; those few lines of assembly move the
//! stack pointer into the block and run the closure. The joiner takes the block back after `thread_join`.
//!
//! # How a lock becomes an event
//! `raw/` tells `hooks` of every operation of the lock inside it. With the cargo feature
//! `tracing` those are calls to the host (natively: to a sink, see `hooks::set_sink`), else nothing at all.
//!
//! # Importing names
//! Import what you need by name. `use threadlink::*` also brings the attribute `test` and the macros `println!`,
//! `print!`, `eprintln!` and `eprint!`, and the compiler then refuses their bare names as ambiguous, a plain `#[test]`
//! among them. Where a glob import is wanted, naming one of the two beside it settles that:
//! `use std::prelude::v1::test;`, `use threadlink::println;`. `#[threadlink::test]` is not concerned.
//!
//! # Cargo features
//! - `tracing`: traced locks call the host. Off by default; without it a traced lock *is* parking_lot's.
//! - `tls-destructors` (default): run the destructors of thread-locals when a thread ends on wasm. std doesn't
//!   there, so the runtime looks for std's list of them and proves that it found it before it uses it. Without
//!   the feature (or should the proof ever fail) they are leaked, as std does.
//! - `rayon`: the module `rayon`, whose thread pools of rayon run on threads of this crate.
//! - `std-unstable`: what std itself has behind unstable features: guards of a part of the data (`MutexGuard::map`), and
//!   `get_cloned`, `set` and `replace` of a lock. It follows std, so an update of this crate may change or remove it.

#![cfg_attr(
    all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)),
    feature(alloc_error_hook)
)]
#![cfg_attr(
    all(
        target_arch = "wasm32",
        target_os = "unknown",
        panic = "unwind",
        not(threadlink_std)
    ),
    feature(panic_can_unwind)
)]

#[cfg(all(threadlink_std, feature = "tracing", not(threadlink_trace)))]
compile_error!(
    "threadlink's feature `tracing` needs a std that is traced as well: build with `threadlink build --trace` or `threadlink \
     run --trace`, or with plain cargo and `--cfg threadlink_trace` among the rustflags of wasm32-unknown-unknown"
);

#[cfg(test)]
#[macro_use]
mod std_bounds;

pub mod alloc;
mod backend;
pub mod env;
pub mod hooks;
pub mod io;
pub mod mutex;
pub mod process;
pub mod raw;
#[cfg(feature = "rayon")]
pub mod rayon;
pub mod rwlock;
pub mod sync;
#[cfg_attr(threadlink_std, path = "thread/over_std.rs")]
pub mod thread;
pub mod time;

#[doc(hidden)]
pub mod __private;

pub use crate::thread::spawn;
/// std's own macro: on wasm the runtime runs the destructors that std leaves out there.
///
/// ```
/// use std::cell::Cell;
///
/// threadlink::thread_local! {
///     static COUNT: Cell<u32> = const { Cell::new(0) };
/// }
/// COUNT.set(COUNT.get() + 1);
/// assert_eq!(COUNT.get(), 1);
/// ```
pub use std::thread_local;
pub use threadlink_macros::*;

/// Code for guests whose threads are the runtime's, and code for everywhere else.
#[doc(hidden)]
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
#[macro_export]
macro_rules! __own_threads {
    ({ $($guest:tt)* } { $($otherwise:tt)* }) => { $($guest)* };
}

/// Code for guests whose threads are the runtime's, and code for everywhere else.
#[doc(hidden)]
#[cfg(not(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std))))]
#[macro_export]
macro_rules! __own_threads {
    ({ $($guest:tt)* } { $($otherwise:tt)* }) => { $($otherwise)* };
}
