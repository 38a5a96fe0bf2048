//! Loading: from bytes to a compiled program, in stages that each own their errors.
//!
//! 1. [`shape`]: is it a core wasm module at all, and what does it import, export and do?
//! 2. [`check`]: does that fit the ABI? Names what does not, and how to fix it.
//! 3. Compile (wasmtime), in [`crate::engine`].
//!
//! A pass that rewrites modules would stand between 2 and 3.

pub(crate) mod check;
mod error;
pub(crate) mod shape;

pub use error::LoadError;
