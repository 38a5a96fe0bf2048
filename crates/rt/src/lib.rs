//! The runtime of a threadlink guest: threads on `wasm32-unknown-unknown`, without std.
//!
//! It is for the layer above, which gives a program its threads: the crate `threadlink`, or std itself. Programs use
//! neither this crate nor anything that is said to be stable here.
//!
//! # What the layer above does
//! - It starts a thread with a [`Request`]: [`Work`] to run, what is [`Kept`] meanwhile, a name, a stack. The `Handle` that
//!   it gets joins the thread or lets go of it. Errors are the numbers of `threadlink_abi::errno`.
//! - It says with a [`Shell`] what to do around the program's code on each thread: run the destructors of thread-locals,
//!   for instance. It calls `closure_returned` between the program's code and the end of its work, `panicked` when a thread
//!   panics (`panicked_and_said` and `unwound` where it prints the panic itself), `out_of_memory` when an allocation has
//!   failed that the program cannot do without, `end_of_main` after `main`, and last of all `set_exit_code` if that has failed.
//! - If thread-locals turn out to be left alone by the end of their thread, it says so (`tls::never_reuse`).
//! - It calls the host for a program (`imports`), sleeps on a word (`futex`), and tells the host of its locks (`hooks`).
//!
//! # Where things happen
//! What needs wasm is in `wasm/`, and elsewhere it is not there. The rest is compiled everywhere, to be tested:
//!
//! | file | |
//! |---|---|
//! | `wasm/handle.rs` | starts a thread, joins it or lets go of it |
//! | `wasm/memory.rs`, `shape.rs`, `cache.rs` | a thread's block of memory, how its parts lie, and the blocks kept for reuse |
//! | `wasm/block.rs` | the control block: what the host and the runtime know of a thread |
//! | `wasm/exports.rs` | the functions that hosts call: the trampoline onto the thread's own stack is one |
//! | `wasm/thread_main.rs`, `wasm/current.rs` | what runs on a thread around its work, and how it finds its block |
//! | `wasm/reaper.rs`, `reap_list.rs`, `lifecycle.rs`, `patience.rs` | ended threads that nobody joins, and who takes their memory back when |
//! | `alloc/`, `wasm/thread_heap.rs` | an allocator for many threads, and where a thread has its part of it |
//! | `wasm/descriptor.rs` | constant data by which a host knows the module |
//! | `wasm/std_copy.rs` | what the copy below the crate `threadlink` wants of the one below std |
//! | `wasm/last_words.rs` | what a thread leaves behind when it panics |
//! | `wasm/held.rs` | what a thread has for itself, and how others learn that it has died with it |
//! | `wasm/imports.rs`, `wasm/hooks.rs`, `wasm/futex.rs` | calls of the host, those around locks, and wasm's wait and notify |
//! | `wasm/traced.rs` | what std's own locks know of themselves and tell the host, in a traced build |
//! | `made.rs` | where a lock was made, and for whom |
//! | `plain.rs` | words that one thread writes and the host reads |
//! | `wasm/tls.rs`, `wasm/heap.rs` | what the linker says of TLS areas; the program's allocator |
//! | `models.rs`, `primitive.rs` | models of the lock-free parts for loom, and the atomics that it swaps |
//!
//! # Below std
//! Nothing here needs std: not even a lock or a thread-local, for both would be those of the layer above. The allocator is
//! the one that `alloc` finds when the program is linked. How std takes this crate in stands in its README.

#![cfg_attr(not(any(test, loom)), no_std)]
#![cfg_attr(
    all(target_arch = "wasm32", target_os = "unknown"),
    feature(asm_experimental_arch, stdarch_wasm_atomic_wait)
)]

#[cfg(all(
    target_arch = "wasm32",
    target_os = "unknown",
    not(target_feature = "atomics")
))]
compile_error!(
    "threadlink needs wasm threads, and this build has the target feature `atomics` off, in which std and \
     parking_lot pretend that there is one thread only. Build with `threadlink build`, or run `threadlink init` \
     once in this project so that plain `cargo build` passes the right flags."
);

pub mod alloc;
pub mod default_stack;
#[cfg(feature = "tracing")]
#[doc(hidden)]
pub mod made;
#[cfg(all(test, loom))]
mod models;
#[doc(hidden)]
pub mod plain;
#[doc(hidden)]
pub mod primitive;
mod request;
#[cfg(feature = "source")]
pub mod source;
mod work;

// Elsewhere nothing uses these; they are compiled there all the same, to be tested.
#[cfg_attr(
    not(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std))),
    allow(dead_code)
)]
mod cache;
#[cfg_attr(
    not(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std))),
    allow(dead_code)
)]
mod lifecycle;
#[cfg_attr(
    not(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std))),
    allow(dead_code)
)]
mod patience;
#[cfg_attr(
    not(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std))),
    allow(dead_code)
)]
mod reap_list;
#[cfg_attr(
    not(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std))),
    allow(dead_code)
)]
mod shape;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod wasm;

pub use self::request::{Request, Shell};
pub use self::shape::DEFAULT_STACK;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
pub use self::wasm::*;
pub use self::work::{Kept, Work};
