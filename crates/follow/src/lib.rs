//! Follows a threaded wasm program from outside, by what its threads have written down: makes its trace, and finds its
//! deadlocks. For hosts whose threads share no memory but the guest's, as workers in JavaScript: one of them runs this as a
//! module, and gives it the [`record`]s of all the others in the order in which they were written.
//!
//! What it does with them is what the host on wasmtime does while its threads call: both stand on `threadlink-watch` and
//! `threadlink-trace`. What is different is that the threads do not wait for it. So
//! - a record has the words of the guest's memory that its meaning depends on (`overlay`), and
//! - a deadlock is one when two looks have seen it, nothing of it having moved from before the first to after the second:
//!   who calls sees to it that all records were read before each look ([`Follower::look`]).
//!
//! The rest of this crate is the module itself, `module`: what it imports and exports, of the plainest kind.

mod follower;
#[cfg(target_family = "wasm")]
mod module;
mod overlay;
pub mod record;
mod sites;
mod told;

pub use follower::{Follower, Options};
