//! Finds, or installs, the Rust toolchain that builds threaded wasm guests, and knows the flags it is used with.
//!
//! A guest is linked against a standard library that was compiled with atomics. No such library is shipped, so
//! a guest build rebuilds it, which takes
//! - a cargo and rustc that accept unstable flags: nightly, or any channel with `RUSTC_BOOTSTRAP=1`;
//! - the source of the standard library of that very compiler (`rust-src`);
//! - a linker for wasm: the `rust-lld` that rustup ships, or LLVM's `wasm-ld`.
//!
//! [`detect()`] looks for the three in a fixed order and changes nothing; [`setup()`] installs what is missing
//! and detects again. Both see the machine through the trait [`System`], so that tests can invent machines.
//! Nothing is remembered between runs: detection takes a few hundredths of a second.

#![forbid(unsafe_code)]

pub mod detect;
pub mod flags;
mod linker;
mod own;
pub mod places;
mod program;
mod project;
pub mod rustup;
pub mod setup;
pub mod system;
mod toolchain;
mod version;

#[cfg(test)]
mod fake;

pub use detect::{NotFound, detect};
pub use flags::Panic;
pub use linker::linker;
pub use own::{Own, own};
pub use setup::{SetupError, setup};
pub use system::{Machine, System};
pub use toolchain::{Linker, Toolchain};
pub use version::Version;

/// Compiles the example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
