//! What another process has compiled, and the one place where it becomes code of this one.

use wasmtime::{Engine, Module};

/// Machine code of a module, in the engine's form. [`parent`](super::parent) makes it of a whole answer, and nobody else.
pub(super) struct Artifact(Vec<u8>);

impl Artifact {
    /// Of an answer whose mark and checksum are right.
    pub(super) fn of_answer(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Makes a module of it. The engine refuses what one of another version, other settings or another processor has made.
    pub(super) fn load(self, engine: &Engine) -> wasmtime::Result<Module> {
        // SAFETY:
        // - The engine wants bytes that an engine has made of a module, and nobody has changed since. `child::compile_child`
        //   has just made them, by `Engine::precompile_module`.
        // - They came over a pipe to a process that this one has started from a program that the embedder vouches for: it is
        //   this very program, or `Compiler::program` was called, which is unsafe for that. Nobody else has an end of the pipe.
        // - The answer has the number of this request in its mark and the checksum of its bytes in its head (`protocol`), so
        //   it is neither something else that the program prints nor a part of it.
        unsafe { Module::deserialize(engine, self.0) }
    }
}
