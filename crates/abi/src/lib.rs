//! Names, numbers and memory layouts that a guest and its host agree on.
//!
//! Nothing here runs: the guest's runtime (`threadlink-rt`) writes what these layouts describe, and a host
//! (`threadlink-host`, or one of yours) reads it. The prose version is `docs/abi.md`.
//!
//! - [`imports`](mod@imports): every function that a host provides, with its type, in one table. Part A is Wasmgrind's
//!   contract and fixed; Part B is ours, and in a module only if the program needs it.
//! - [`hook`]: which of them are the hooks of locks, and when each is called; [`moment`] has a type for each.
//! - [`exports`]: what a module has for hosts.
//! - [`errno`]: the error numbers.
//! - [`layout`]: what a host can read from guest memory without any import.
//! - [`made`]: what is said of a lock that was made in std's source.
//! - [`tests`]: how a module says which tests it has.

#![no_std]
#![forbid(unsafe_code)]

pub mod errno;
pub mod exports;
pub mod hook;
pub mod imports;
pub mod layout;
pub mod made;
pub mod moment;
#[cfg(feature = "source")]
pub mod source;
pub mod tests;

pub use hook::Hook;

/// Compiles the example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
