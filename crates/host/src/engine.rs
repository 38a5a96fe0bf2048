//! The engine: wasmtime, configured for shared memory, with our limits. One serves any number of programs.

use std::num::NonZeroUsize;
use std::sync::Arc;

use thiserror::Error;
use wasmtime::{Config, WasmBacktraceDetails};

use crate::handles::Handles;
use crate::load::cache::CodeCache;
use crate::load::compile::command::Compiler;
use crate::reservation::{Engines, Reserved};
use crate::{compilers, features, stacks};

/// Bytes of native stack that guest code may use per thread.
const WASM_STACK: usize = 512 * 1024;
/// Bytes of stack that the engine would give to asynchronous calls.
const ASYNC_STACK: usize = 2 << 20;
/// Frames that a backtrace keeps; the machinery of a panic takes about ten of them.
const BACKTRACE_FRAMES: usize = 96;
/// Bytes that compiling a module may take.
const COMPILE_MEMORY: u64 = 480 << 20;
/// Bytes that a 32-bit memory can have at most.
const WHOLE_MEMORY: u64 = 1 << 32;

/// Settings of an [`Engine`].
///
/// ```
/// use threadlink_host::{Engine, EngineConfig};
///
/// let engine = Engine::new(&EngineConfig::new().max_memory(256 << 20))?;
/// # Ok::<(), threadlink_host::EngineError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct EngineConfig {
    interruptible: bool,
    locatable: bool,
    max_wasm_stack: usize,
    max_memory: u64,
    max_compile_memory: u64,
    compiler: Option<Compiler>,
    code_cache: Option<CodeCache>,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl EngineConfig {
    /// Interruptible, 512 KiB of native stack for each guest thread, memories up to 4 GiB, 480 MiB to compile a module.
    pub fn new() -> Self {
        Self {
            interruptible: true,
            locatable: false,
            max_wasm_stack: WASM_STACK,
            max_memory: WHOLE_MEMORY,
            max_compile_memory: COMPILE_MEMORY,
            compiler: None,
            code_cache: None,
        }
    }

    /// Whether threads that still run when a program ends can be stopped (default: yes). It costs a check in
    /// every loop of the guest. A process that exits right after the run can do without.
    pub fn interruptible(mut self, yes: bool) -> Self {
        self.interruptible = yes;
        self
    }

    /// Whether a report on a run that was ended from outside says where code was that ran, also if the engine is not
    /// interruptible (default: no; an interruptible engine's reports always do). It costs the same check; nobody waits for
    /// threads longer than a moment.
    pub fn locatable(mut self, yes: bool) -> Self {
        self.locatable = yes;
        self
    }

    /// Bytes of native stack that guest code may use on each thread before it traps (default: 512 KiB). This is
    /// not the guest's own stack in linear memory, whose size the guest chooses.
    pub fn max_wasm_stack(mut self, bytes: usize) -> Self {
        self.max_wasm_stack = bytes.max(64 * 1024);
        self
    }

    /// Bytes that a program's memory may reach (default: 4 GiB, all that 32 bits can address). A module that
    /// starts larger is refused; one that grows further sees its `memory.grow` fail.
    pub fn max_memory(mut self, bytes: u64) -> Self {
        self.max_memory = bytes.min(WHOLE_MEMORY);
        self
    }

    /// Bytes of memory that compiling one module may take (default: 480 MiB), as far as that can be told before: it is
    /// estimated from the instructions, functions and calls that the module has and from how many functions are compiled at
    /// once, more than was ever measured. A module that may take more is refused.
    pub fn max_compile_memory(mut self, bytes: u64) -> Self {
        self.max_compile_memory = bytes;
        self
    }

    /// Has modules that may take long to compile compiled by another process, which can be killed (default: this process
    /// compiles all, and a load that has begun cannot be ended). See [`Compiler`].
    pub fn compiler(mut self, compiler: Compiler) -> Self {
        self.compiler = Some(compiler);
        self
    }

    /// Keeps compiled code in a folder, for the next time that a module is loaded with the same settings (default: none). See
    /// [`CodeCache`].
    pub fn code_cache(mut self, cache: CodeCache) -> Self {
        self.code_cache = Some(cache);
        self
    }
}

/// wasmtime cannot be set up on this machine.
#[derive(Debug, Error)]
#[error("wasmtime cannot be configured on this machine: {message}")]
pub struct EngineError {
    message: String,
}

/// Compiles modules. Cheap to clone; clones share everything.
///
/// ```
/// use threadlink_host::{Engine, EngineConfig};
///
/// let engine = Engine::new(&EngineConfig::new())?;
/// assert!(engine.load(b"").is_err());
/// # Ok::<(), threadlink_host::EngineError>(())
/// ```
#[derive(Clone)]
pub struct Engine {
    engines: Engines,
    config: EngineConfig,
    /// Threads of ended runs that did not stop.
    left: Arc<Handles>,
}

impl Engine {
    /// Sets wasmtime up.
    ///
    /// # Errors
    /// If wasmtime does not support this machine or the settings.
    pub fn new(config: &EngineConfig) -> Result<Self, EngineError> {
        let mut settings = Config::new();
        features::configure(&mut settings);
        settings
            .shared_memory(true)
            // On threads that are started when the first module is compiled.
            .parallel_compilation(true)
            .wasm_backtrace_details(WasmBacktraceDetails::Disable)
            .wasm_backtrace_max_frames(NonZeroUsize::new(BACKTRACE_FRAMES))
            .max_wasm_stack(config.max_wasm_stack)
            // Nothing here is asynchronous, but the engine wants to know that it would fit.
            .async_stack_size(config.max_wasm_stack.max(ASYNC_STACK))
            .epoch_interruption(config.interruptible || config.locatable);
        stacks::reuse(&mut settings);
        let engines = Engines::new(settings).map_err(|error| EngineError {
            message: format!("{error:#}"),
        })?;
        Ok(Self {
            engines,
            config: config.clone(),
            left: Arc::default(),
        })
    }

    /// How many addresses memories take that may reach so many bytes.
    pub(crate) fn reserved(&self, maximum: u64) -> Reserved {
        self.engines.reserved(maximum)
    }

    /// What compiles programs whose memories take that.
    pub(crate) fn reserving(&self, reserved: Reserved) -> wasmtime::Result<wasmtime::Engine> {
        self.engines.reserving(reserved)
    }

    /// The same for a module that is to be compiled on the thread that asks. Programs made with that engine do not run on those
    /// of the other.
    pub(crate) fn compiling_alone(&self, reserved: Reserved) -> wasmtime::Result<wasmtime::Engine> {
        self.engines.compiling_alone(reserved)
    }

    /// Where compiled code is kept.
    pub(crate) fn code_cache(&self) -> Option<&CodeCache> {
        self.config.code_cache.as_ref()
    }

    /// Who compiles modules that may take long.
    pub(crate) fn compiler(&self) -> Option<&Compiler> {
        self.config.compiler.as_ref()
    }

    /// Where a run that is over leaves the threads that did not stop.
    pub(crate) fn left_threads(&self) -> &Handles {
        &self.left
    }

    /// Bytes that compiling a module may take.
    pub(crate) fn max_compile_memory(&self) -> u64 {
        self.config.max_compile_memory
    }

    /// How many functions are compiled at once.
    pub(crate) fn compilers(&self) -> usize {
        compilers::count()
    }

    /// Bytes that a program's memory may reach.
    pub(crate) fn max_memory(&self) -> u64 {
        self.config.max_memory
    }

    /// Bytes of operating-system stack that a guest thread needs: the guest's part, once more for the start function
    /// of an instance that it makes for a child, and the host's functions.
    pub(crate) fn os_stack(&self) -> usize {
        let wasm = self.config.max_wasm_stack;
        wasm.saturating_mul(2).saturating_add(512 * 1024)
    }

    /// Bytes of native stack that guest code may use on each thread.
    pub(crate) fn max_wasm_stack(&self) -> usize {
        self.config.max_wasm_stack
    }

    pub(crate) fn interruptible(&self) -> bool {
        self.config.interruptible
    }

    /// Whether code notices that the epoch has been raised.
    pub(crate) fn checks_epochs(&self) -> bool {
        self.config.interruptible || self.config.locatable
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
