//! Holds threadlink against the standard library that its guests are built with, in three ways.
//!
//! - [`table`] enumerates std's public stable items, looks for each in threadlink and compares the two signatures;
//!   rustdoc says what is in either. `docs/std-parity.md` is what it writes; a test keeps the document true.
//! - [`suite`] makes a program of std's own tests, with nothing changed but the paths, and runs it on threadlink.
//! - [`unmodified`] runs std's own tests on the guest as they are, over the std with threads.
//!
//! Nothing of std is copied into this repository: its source is where the toolchain has it ([`source`]).

#![forbid(unsafe_code)]

mod put;
pub mod source;
pub mod suite;
pub mod table;
pub mod unmodified;
