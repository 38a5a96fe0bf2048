//! The wasm backend: the guest's side of the ABI.
//!
//! A spawn goes through `handle.rs`, which takes a block from `memory.rs` and passes it to the host; the host
//! calls `trampoline.rs`, which calls `thread_main.rs`. `block.rs` is what all of them, and the host, know of a
//! thread. Ended threads that nobody joins go through `reaper.rs`. `tls_dtors.rs` runs the destructors of
//! thread-locals, `panic_hook.rs` keeps the messages of panics. `stdio.rs` has the standard streams. `descriptor.rs` and `exports.rs` are for hosts;
//! `imports.rs` is what hosts supply.

mod entry;
#[cfg(feature = "tracing")]
pub(crate) mod hooks;
mod panic_hook;
pub(crate) mod stdio;
mod system;
mod thread;
#[cfg_attr(not(feature = "tls-destructors"), path = "tls_dtors/off.rs")]
mod tls_dtors;

pub(crate) use self::entry::{end_of_main, entry};
pub(crate) use self::system::{
    abort, args, available_parallelism, exit, fatal, foreign_name, monotonic_nanos, realtime_nanos, stats,
    try_write_error, write, yield_now,
};
pub(crate) use self::thread::Handle;

pub(crate) use threadlink_rt::{await_ending, closure_returned, futex};

/// The control block keeps a thread's handle until the block is recycled.
pub(crate) const KEEPS_THREAD: bool = true;
