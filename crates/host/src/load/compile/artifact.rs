//! What was compiled elsewhere or earlier, and the one place where it becomes code of this process.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use wasmtime::{Engine, Module};

/// Machine code of a module, in the engine's form. [`parent`](super::parent) makes it of a whole answer, and nobody else.
pub(super) struct Artifact(Vec<u8>);

/// Code that is kept in a file, which begins with it. The cache has looked whose the file is, and that it is whole.
pub(super) fn load_kept(mut file: File, engine: &Engine) -> wasmtime::Result<Module> {
    let mapped = file.try_clone().map_err(Into::into).and_then(|file| {
        // SAFETY:
        // - The engine wants bytes that an engine has made of a module, and nobody has changed since. `load::load` keeps what
        //   `Module::serialize` gives, and nothing else.
        // - Only this user can write the file or put another in its place: `cache::owner` has looked at the open file and at all
        //   folders that lead to it.
        // - The foot of the file has the key of this module, host and engine, and the checksums of all its bytes (`cache::entry`),
        //   so it is neither something else of the user's nor a part of it.
        // - Nobody changes a file of the cache: it is written under another name, and removed as a whole.
        unsafe { Module::deserialize_open_file(engine, file) }
    });
    if mapped.is_ok() {
        return mapped;
    }
    // Where the system maps no code from that disk (`noexec`), it is copied.
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    // SAFETY: as above.
    unsafe { Module::deserialize(engine, bytes) }
}

impl Artifact {
    /// Of an answer whose mark and checksum are right.
    pub(super) fn of_answer(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Of what an engine of this process has just made of a module.
    pub(super) fn of_engine(engine: &Engine, module: &[u8]) -> wasmtime::Result<Self> {
        engine.precompile_module(module).map(Self)
    }

    /// Makes a module of it. The engine refuses what one of another version, other settings or another processor has made.
    pub(super) fn load(self, engine: &Engine) -> wasmtime::Result<Module> {
        // SAFETY:
        // - The engine wants bytes that an engine has made of a module, and nobody has changed since. `child::compile_child`
        //   has just made them, by `Engine::precompile_module`, or so has `of_engine`; what follows is about the former.
        // - They came over a pipe to a process that this one has started from a program that the embedder vouches for: it is
        //   this very program, or `Compiler::program` was called, which is unsafe for that. Nobody else has an end of the pipe.
        // - The answer has the number of this request in its mark and the checksum of its bytes in its head (`protocol`), so
        //   it is neither something else that the program prints nor a part of it.
        unsafe { Module::deserialize(engine, self.0) }
    }
}
