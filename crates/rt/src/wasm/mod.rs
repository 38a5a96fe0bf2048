//! What needs wasm: the guest's side of the ABI.
//!
//! A spawn goes through `handle.rs`, which takes a block from `memory.rs` and passes it to the host; the host calls
//! `exports.rs`, which calls `thread_main.rs`. `block.rs` is what all of them, and the host, know of a thread. Ended threads
//! that nobody joins go through `reaper.rs`.

mod block;
mod current;
mod descriptor;
mod ended;
mod exports;
pub mod futex;
mod handle;
mod heap;
pub mod held;
pub mod hooks;
pub mod imports;
mod memory;
mod reaper;
mod thread_main;
pub mod tls;
#[cfg(feature = "tracing")]
pub mod traced;

pub use self::handle::{Died, Handle};
pub use self::memory::{Counts, counts};
pub use self::reaper::await_ending;
pub use self::thread_main::{
    closure_returned, end_of_main, id, out_of_memory, panicked, panicked_and_said, set_exit_code, unwound,
};
