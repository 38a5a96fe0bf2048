//! What needs wasm: the guest's side of the ABI.
//!
//! A spawn goes through `handle.rs`, which takes a block from `memory.rs` and passes it to the host; the host calls
//! `exports.rs`, which calls `thread_main.rs`. `block.rs` is what all of them, and the host, know of a thread. Ended threads
//! that nobody joins go through `reaper.rs`.
//!
//! In a program whose std stands on this runtime there is a second copy, below the crate `threadlink`, for the locks of that
//! one (`--cfg threadlink_std`). The threads are std's there: what is left is what a lock needs, and it finds the thread's
//! block where std's copy has put it.

#[cfg_attr(threadlink_std, allow(dead_code))]
mod block;
mod current;
#[cfg(not(threadlink_std))]
mod descriptor;
mod ended;
#[cfg(not(threadlink_std))]
mod exports;
pub mod futex;
#[cfg(not(threadlink_std))]
mod handle;
#[cfg_attr(threadlink_std, allow(dead_code))]
mod heap;
#[cfg(not(threadlink_std))]
pub mod held;
pub mod hooks;
pub mod imports;
mod last_words;
#[cfg(not(threadlink_std))]
mod memory;
#[cfg(not(threadlink_std))]
mod reaper;
#[cfg(threadlink_std)]
mod std_copy;
#[cfg_attr(threadlink_std, allow(dead_code))]
mod thread_heap;
#[cfg(not(threadlink_std))]
mod thread_main;
#[cfg_attr(threadlink_std, allow(dead_code))]
pub mod tls;
#[cfg(all(feature = "tracing", not(threadlink_std)))]
pub mod traced;

#[cfg(not(threadlink_std))]
pub use self::handle::{Died, Handle};
pub use self::last_words::{out_of_memory, panicked, panicked_and_said, unwound};
#[cfg(not(threadlink_std))]
pub use self::memory::{Counts, counts};
#[cfg(not(threadlink_std))]
pub use self::reaper::await_ending;
#[cfg(threadlink_std)]
pub use self::std_copy::set_default_stack;
pub use self::thread_heap::{Guest, heap_counts};
#[cfg(not(threadlink_std))]
pub use self::thread_main::{closure_returned, end_of_main, id, set_exit_code};
