//! Why a module was refused.

use std::time::Duration;

use thiserror::Error;
use threadlink_trace::Printable;

/// Why a module cannot be run. Every message says what is wrong, where, and what to do about it.
///
/// ```
/// use threadlink_host::{Engine, EngineConfig, LoadError};
///
/// let engine = Engine::new(&EngineConfig::new())?;
/// let refused = engine.load(b"hello").unwrap_err();
/// assert!(matches!(refused, LoadError::NotWasm { .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// There are no bytes.
    #[error(
        "the module is empty (0 bytes): was it built? `threadlink build` prints the path of what it makes"
    )]
    Empty,
    /// The file is something else.
    #[error(
        "this is not a wasm module: it starts with {found}, and a module starts with \"\\0asm\"; \
         give the .wasm file whose path `threadlink build` prints"
    )]
    NotWasm {
        /// The first bytes, quoted.
        found: String,
    },
    /// The file is a component.
    #[error("this is a wasm component, and threadlink runs core modules: build for wasm32-unknown-unknown")]
    Component,
    /// The bytes end early or contradict themselves, or break a rule of WebAssembly.
    #[error(
        "the module is damaged at byte {offset:#x}: {}; build it again, or copy it again",
        Printable(message)
    )]
    Damaged {
        /// Where, in bytes from the start.
        offset: u64,
        /// What the parser or the validator says.
        message: String,
    },
    /// A part of WebAssembly that this host has not.
    #[error(
        "the module uses a part of WebAssembly that this host has not turned on, at byte {offset:#x}: {}; \
         build it without that (rustc's -Ctarget-cpu and -Ctarget-feature choose)",
        Printable(message)
    )]
    Unsupported {
        /// Where, in bytes from the start.
        offset: u64,
        /// What the validator says.
        message: String,
    },
    /// It would cost too much to compile.
    #[error(
        "the module has {found} {what}, and this host compiles up to {limit}: build it with optimisation (--release), or \
         leave parts out"
    )]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much of it.
        found: u64,
        /// How much is allowed.
        limit: u64,
    },
    /// Compiling it would take more memory than the engine allows.
    #[error(
        "compiling the module may take {wanted} bytes, and this host allows {limit}: raise that (--max-compile-memory, \
         EngineConfig::max_compile_memory), build it with optimisation (--release), or leave parts out"
    )]
    CompileMemory {
        /// Bytes that it may take.
        wanted: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// There is no memory to compile it with.
    #[error(
        "compiling the module may take {wanted} bytes, and the system does not give them to this process: raise its limit \
         (ulimit -v), or load a smaller module"
    )]
    NoMemory {
        /// Bytes that it may take.
        wanted: u64,
    },
    /// A 64-bit memory.
    #[error(
        "the module's memory has 64-bit addresses (wasm64), and threadlink's ABI is 32-bit: \
         build for wasm32-unknown-unknown"
    )]
    Memory64,
    /// The memory is not imported as `env.memory`.
    #[error(
        "the module {}, but threads can share memory only if it is imported as `env.memory`: \
         link with --import-memory --shared-memory (`threadlink build` and `threadlink init` set these flags)",
        Printable(found)
    )]
    MemoryNotImported {
        /// What it does instead.
        found: String,
    },
    /// The memory is not shared.
    #[error(
        "the imported memory `env.memory` is not shared, so threads could not see each other's data: \
         link with --shared-memory and build with -Ctarget-feature=+atomics (`threadlink build` does both)"
    )]
    MemoryNotShared,
    /// The memory has no maximum.
    #[error(
        "the shared memory `env.memory` has no maximum: link with --max-memory=BYTES (`threadlink build` does)"
    )]
    MemoryNoMaximum,
    /// The memory starts larger than the embedder allows.
    #[error(
        "the module's memory starts with {wanted} bytes and the limit is {limit}: raise the limit (EngineConfig::max_memory)"
    )]
    MemoryTooLarge {
        /// Bytes that the module starts with.
        wanted: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// An import that no part of the ABI has.
    #[error(
        "the module imports `{}.{}`, which this host does not provide: {hint}",
        Printable(module),
        Printable(name)
    )]
    UnknownImport {
        /// Import module.
        module: String,
        /// Import name.
        name: String,
        /// Where such imports come from.
        hint: String,
    },
    /// An import with another type than the ABI gives it.
    #[error(
        "the module imports `{}.{}` as {found}, and the ABI has it as {expected}: \
         use the threadlink crate and the threadlink command of one release",
        Printable(module),
        Printable(name)
    )]
    ImportType {
        /// Import module.
        module: String,
        /// Import name.
        name: String,
        /// Its type in the module.
        found: String,
        /// Its type in the ABI.
        expected: String,
    },
    /// An import with another type than the [function of the embedder's](crate::Imports) has.
    #[error(
        "the module imports `{}.{}` as {found}, and the function of this name that its host has is {expected}: change one of \
         them",
        Printable(module),
        Printable(name)
    )]
    CustomImportType {
        /// Import module.
        module: String,
        /// Import name.
        name: String,
        /// Its type in the module.
        found: String,
        /// The function's type.
        expected: String,
    },
    /// A required export is missing.
    #[error(
        "the module spawns threads (it imports `wasm_threadlink.thread_create`) but has no export `{name}`, \
         which each thread starts at: link the threadlink crate, and keep its exports (in a library, \
         `#[threadlink::export]` marks the functions that a host calls)"
    )]
    MissingExport {
        /// The export's name.
        name: &'static str,
    },
    /// An export with another type than the ABI gives it.
    #[error(
        "the module exports `{}` as {found}, and the ABI has it as {expected}",
        Printable(name)
    )]
    ExportType {
        /// The export's name.
        name: String,
        /// Its type in the module.
        found: String,
        /// Its type in the ABI.
        expected: String,
    },
    /// A module whose threads would have to be given their stacks by a patcher.
    #[error(
        "the module does not start its own threads: it has thread-local storage (`__wasm_init_tls`) but not the \
         marker `__threadlink_descriptor`, so a host would have to allocate each thread's stack and TLS by \
         patching it; build it with the threadlink crate, or run it on a host that patches"
    )]
    NeedsPatching,
    /// Compiling it took longer than it may.
    #[error(
        "the module was still being compiled after {limit:?}, which is the limit (Compiler::max_time): raise that, build it with \
         optimisation (--release), or leave parts out"
    )]
    CompileTime {
        /// How long it may take.
        limit: Duration,
    },
    /// The [`StopHandle`](crate::StopHandle) of the load was used.
    #[error("the module was still being loaded when that was stopped")]
    Stopped,
    /// The [`Compiler`](crate::Compiler) has not done what it is there for.
    #[error(
        "the module was not compiled: `{}`, which EngineConfig::compiler names, {}",
        Printable(program),
        Printable(message)
    )]
    Compiler {
        /// The program and its arguments.
        program: String,
        /// What it did instead, and what to do about it.
        message: String,
    },
    /// wasmtime refuses the module.
    #[error("the module is not valid: {}", Printable(message))]
    Invalid {
        /// What wasmtime says.
        message: String,
    },
}
