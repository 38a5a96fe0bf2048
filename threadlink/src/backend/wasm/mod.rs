//! The wasm backend: the runtime of `threadlink-rt`, in std's terms.
//!
//! `thread.rs` starts and joins threads, `entry.rs` surrounds what the host calls. `tls_dtors/` runs the destructors of
//! thread-locals, `panic_hook.rs` keeps the messages of panics, `out_of_memory.rs` the size of an allocation that
//! failed; `stdio.rs` has the standard streams, `system.rs` what else
//! the host does for a program, `hooks.rs` what a traced lock tells it.

mod allocator;
mod entry;
#[cfg(feature = "tracing")]
pub(crate) mod hooks;
mod out_of_memory;
mod panic_hook;
pub(crate) mod stdio;
mod stream_lock;
mod system;
mod thread;
#[cfg_attr(not(feature = "tls-destructors"), path = "tls_dtors/off.rs")]
mod tls_dtors;

pub(crate) use self::allocator::allocator;
pub(crate) use self::entry::{end_of_main, entry};
pub(crate) use self::system::{
    abort, args, args_os, available_parallelism, exit, fatal, foreign_name, monotonic_nanos, realtime_nanos,
    set_exit_code, stats, try_write_error, write, yield_now,
};
pub(crate) use self::thread::{Handle, closure_returned};

pub(crate) use threadlink_rt::{await_ending, futex, heap_counts};

/// The control block keeps a thread's handle until the block is recycled.
pub(crate) const KEEPS_THREAD: bool = true;
