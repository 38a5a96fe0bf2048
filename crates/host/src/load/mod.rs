//! Loading: from bytes to a compiled program, in stages that each own their errors.
//!
//! 1. Read ([`shape`]): is it a core wasm module at all, and what does it import, export and do?
//! 2. [`validate`]: is it a valid one? From here on, later stages may take its indices and types for granted.
//! 3. [`check`]: does it fit the ABI? Names what does not, and how to fix it.
//! 4. Compile (wasmtime), to a [`Compiled`].
//!
//! A pass that rewrites modules would stand between 3 and 4.

pub(crate) mod check;
mod compiled;
mod error;
mod shape;
mod signature;
mod validate;

pub(crate) use compiled::Compiled;
pub use error::LoadError;

use crate::engine::Engine;
use crate::symbols::Symbols;

/// Takes a module through all stages.
pub(crate) fn load(engine: &Engine, bytes: &[u8]) -> Result<Compiled, LoadError> {
    let shape = shape::Shape::read(bytes)?;
    validate::validate(bytes, &shape)?;
    let facts = check::check(shape, engine.max_memory())?;
    let module =
        wasmtime::Module::from_binary(&engine.wasmtime, bytes).map_err(|error| LoadError::Invalid {
            message: format!("{error:#}"),
        })?;
    Ok(Compiled::new(engine.clone(), module, facts, Symbols::of(bytes)))
}
