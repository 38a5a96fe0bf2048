//! The runtime of a threadlink guest: threads on `wasm32-unknown-unknown`, without std.

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

pub mod default_stack;
#[cfg(all(test, loom))]
mod models;
#[doc(hidden)]
pub mod primitive;
mod request;
mod work;

// Elsewhere nothing uses these; they are compiled there all the same, to be tested.
#[cfg_attr(not(all(target_arch = "wasm32", target_os = "unknown")), allow(dead_code))]
mod cache;
#[cfg_attr(not(all(target_arch = "wasm32", target_os = "unknown")), allow(dead_code))]
mod lifecycle;
#[cfg_attr(not(all(target_arch = "wasm32", target_os = "unknown")), allow(dead_code))]
mod reap_list;
#[cfg_attr(not(all(target_arch = "wasm32", target_os = "unknown")), allow(dead_code))]
mod shape;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod wasm;

pub use self::request::{Request, Shell};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
pub use self::wasm::*;
pub use self::work::{Kept, Work};
