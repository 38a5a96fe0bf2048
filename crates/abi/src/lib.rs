//! Names, numbers and memory layouts that a guest and its host agree on.
//!
//! Nothing here runs: the guest runtime (`threadlink`) writes what these layouts describe, and a host
//! (`threadlink-host`, or one of yours) reads it. The prose version is `docs/abi.md`.
//!
//! - [`core`]: Part A, Wasmgrind's contract: imports, exports, error numbers. Fixed.
//! - [`ext`]: Part B, our own import module, present in a module only if the program needs it.
//! - [`layout`]: what a host can read from guest memory without any import.
//! - [`tests`]: how a module says which tests it has.

#![no_std]
#![forbid(unsafe_code)]

pub mod core;
pub mod errno;
pub mod ext;
pub mod layout;
pub mod tests;
