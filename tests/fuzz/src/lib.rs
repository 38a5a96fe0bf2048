//! What may come in, at random. Each module is one way in and has one function, which takes bytes, makes an input of
//! them, and panics if something happens that must not, whatever the bytes are.
//!
//! The tests give each of them a few hundred inputs, always the same. `cargo xtask fuzz` gives them to libFuzzer, which
//! looks for new ones; what it finds is put into `found/`, by way in, and is among the inputs of the tests from then on.

pub mod damage;
pub mod guest;
pub mod inputs;
pub mod macros;
pub mod module;
pub mod trace;
