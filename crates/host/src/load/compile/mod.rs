//! Compiling, which takes as long as it takes: on the threads of this process, or, where the embedder has named a
//! [`command`] for it and the module is large, in a process of its own that can be killed.
//!
//! [`parent`] starts it, sends it the module, waits for no longer than it may, and sees it gone. [`child`] is what it does, within
//! an [`address_space`] that has a limit. What they say to each other is the [`protocol`]; [`artifact`] makes code of it.

mod address_space;
mod artifact;
mod child;
pub(crate) mod command;
mod group;
mod parent;
mod protocol;

use std::fs::File;
use std::time::Instant;

use wasmtime::Module;

use super::LoadError;
use crate::compilers;
use crate::engine::Engine;
use crate::reservation::Reserved;
use crate::run::StopHandle;

use artifact::Artifact;

pub use child::compile_child;
pub use command::Compiler;

/// What is known of a module that is to be compiled.
pub(super) struct ToCompile<'a> {
    /// As the engine gets it.
    pub(super) bytes: &'a [u8],
    /// How many addresses its memory takes.
    pub(super) reserved: Reserved,
    /// Bytes that compiling it may take.
    pub(super) cost: u64,
    /// When loading began.
    pub(super) since: Instant,
}

/// What it is if the engine does not take it.
#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
pub(super) fn invalid(error: wasmtime::Error) -> LoadError {
    LoadError::Invalid {
        message: format!("{error:#}"),
    }
}

/// The module whose code is kept in a file: one that the cache has found.
pub(super) fn kept(engine: &Engine, reserved: Reserved, file: File) -> wasmtime::Result<Module> {
    artifact::load_kept(file, &engine.reserving(reserved)?)
}

/// Compiles a module, for whoever does not stop that.
pub(super) fn compile(
    engine: &Engine,
    module: &ToCompile<'_>,
    stop: &StopHandle,
) -> Result<Module, LoadError> {
    let reserved = module.reserved;
    let wasmtime = engine.reserving(reserved).map_err(invalid)?;
    let compiler = engine.compiler().filter(|compiler| compiler.takes(module.cost));
    let Some(compiler) = compiler else {
        if compilers::are_there() {
            return Module::from_binary(&wasmtime, module.bytes).map_err(invalid);
        }
        let alone = engine.compiling_alone(reserved).map_err(invalid)?;
        let artifact = Artifact::of_engine(&alone, module.bytes).map_err(invalid)?;
        return artifact.load(&wasmtime).map_err(invalid);
    };
    let settings = protocol::Settings {
        checks_epochs: engine.checks_epochs(),
        reserved,
        max_memory: engine.max_compile_memory(),
    };
    let artifact = parent::compile(compiler, settings, module, stop)?;
    artifact.load(&wasmtime).map_err(|error| LoadError::Compiler {
        program: compiler.name(),
        message: format!(
            "has compiled it for another engine ({error:#}): it must be built with the versions that this host is built with"
        ),
    })
}
