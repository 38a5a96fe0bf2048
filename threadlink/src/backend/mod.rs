//! What differs between platforms, behind one small contract.
//!
//! `wasm/` gives the runtime of `threadlink-rt` std's errors and strings; `native/` speaks std. Both have:
//!
//! - `Handle::{spawn, join, has_died}`: a started thread, asked for with a `threadlink_rt::Request`. Dropping it detaches.
//!   `join` says `Err(message)` for a thread that died without running its work to the end, or ends the program if the
//!   thread may have borrowed from others (`Request::borrows`);
//! - `Handle::{keep, has_finished, take_back}`: what a scope does with a handle that the program dropped. It says so
//!   with `keep`; `take_back` takes a thread that has finished back without waiting for code of the program;
//! - `await_ending`: gives threads that are nearly finished a moment to be so;
//! - `KEEPS_THREAD`: whether `Request::kept` lives for as long as the thread can run code;
//! - `closure_returned`: told on each thread of ours, between the program's code and the end of the work;
//! - `foreign_name`: the name of a running thread that we did not start;
//! - `futex::{wait, wake_one, wake_all}`: sleep while a word has a value;
//! - `write`, `try_write_error`, `abort`, `args`, `args_os`, `exit`, `set_exit_code`, `fatal`, `monotonic_nanos`, `realtime_nanos` (natively for tests only), `yield_now`, `available_parallelism`, `stats`;
//! - `allocator`, `heap_counts`: what `alloc::Allocator` is, and what it keeps;
//! - `stdio`: the standard streams, with std's names;
//! - on wasm only, `entry` and `end_of_main`: what surrounds the code that the host calls;
//! - with the feature `tracing`, `hooks::{tell, holder}`: what a traced lock reports to.

// The wasm backend's; compiled everywhere, to be tested.
#[cfg_attr(
    not(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std))),
    allow(dead_code)
)]
mod arguments;
mod stream;

#[cfg(not(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std))))]
// Where std has a guest's threads, this crate needs little of it.
#[cfg_attr(threadlink_std, allow(dead_code))]
#[path = "native/mod.rs"]
mod imp;
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
#[path = "wasm/mod.rs"]
mod imp;

pub(crate) use self::imp::*;
pub(crate) use self::stream::Stream;
