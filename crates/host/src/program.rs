//! The facade: a module goes in, a program comes out, and runs any number of times, also at once.

use std::sync::Arc;

use crate::engine::Engine;
use crate::imports::Imports;
use crate::load::{self, CodeSource, Compiled, LoadError, ModuleHash};
use crate::numbers::Signature;
use crate::outcome::Outcome;
use crate::run::{self, RunConfig, RunError, StopHandle};

/// A module that fits the ABI. Each run has its own memory.
///
/// ```no_run
/// use threadlink_host::{Engine, EngineConfig, RunConfig};
///
/// let engine = Engine::new(&EngineConfig::new())?;
/// let program = engine.load(&std::fs::read("bank.wasm")?)?;
/// let outcome = program.run(RunConfig::new())?;
/// eprint!("{}", outcome.end);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Program {
    compiled: Arc<Compiled>,
}

impl Engine {
    /// Checks a module (in its binary form) against the ABI and compiles it.
    ///
    /// # Errors
    /// [`LoadError`] names the first thing that is wrong and what to do about it.
    pub fn load(&self, bytes: &[u8]) -> Result<Program, LoadError> {
        self.load_with(bytes, &Imports::new())
    }

    /// The same for a module that may import functions of yours.
    ///
    /// # Errors
    /// [`LoadError`] names the first thing that is wrong: also an import that neither the ABI nor `imports` has, and one that
    /// has another type there.
    pub fn load_with(&self, bytes: &[u8], imports: &Imports) -> Result<Program, LoadError> {
        self.load_stoppable(bytes, imports, &StopHandle::new())
    }

    /// The same for whoever may want to end that: another thread uses `stop`. Nothing can end it while this process
    /// compiles; with a [`Compiler`](crate::Compiler), large modules are compiled by one that can be killed.
    ///
    /// ```
    /// use threadlink_host::{Engine, EngineConfig, Imports, LoadError, StopHandle};
    ///
    /// let engine = Engine::new(&EngineConfig::new())?;
    /// let module = wat::parse_str(r#"(module (import "env" "memory" (memory 1 1 shared)))"#)?;
    /// let stop = StopHandle::new();
    /// stop.stop();
    /// let stopped = engine.load_stoppable(&module, &Imports::new(), &stop);
    /// assert!(matches!(stopped, Err(LoadError::Stopped)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`LoadError`] names the first thing that is wrong; it is [`LoadError::Stopped`] if that is it.
    pub fn load_stoppable(
        &self,
        bytes: &[u8],
        imports: &Imports,
        stop: &StopHandle,
    ) -> Result<Program, LoadError> {
        let compiled = Arc::new(load::load(self, bytes.into(), imports, stop)?);
        Ok(Program { compiled })
    }

    /// The same for bytes that the caller needs no longer: the program keeps them, for backtraces, and they are not copied.
    ///
    /// ```
    /// use threadlink_host::{Engine, EngineConfig, Imports, StopHandle};
    ///
    /// let engine = Engine::new(&EngineConfig::new())?;
    /// let module = wat::parse_str(r#"(module (import "env" "memory" (memory 1 1 shared)))"#)?;
    /// let program = engine.load_owned(module, &Imports::new(), &StopHandle::new())?;
    /// # let _ = program;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`load_stoppable`](Self::load_stoppable).
    pub fn load_owned(
        &self,
        bytes: Vec<u8>,
        imports: &Imports,
        stop: &StopHandle,
    ) -> Result<Program, LoadError> {
        let compiled = Arc::new(load::load(self, bytes.into(), imports, stop)?);
        Ok(Program { compiled })
    }
}

impl Program {
    /// Runs the program until it ends, in whatever way, and says how it ended.
    ///
    /// Runs of one program may go on at once, on any threads: they share nothing, for each has a memory, a main thread and
    /// instances of its own. A run calls one export, so no two calls from outside ever meet in one memory.
    ///
    /// When this returns the guest's threads have been stopped, as far as that is possible
    /// ([`Stats::abandoned_threads`](crate::Stats::abandoned_threads) counts the rest), if the engine is
    /// [interruptible](crate::EngineConfig::interruptible); if it is not, they may go on until the process exits.
    ///
    /// # Errors
    /// If the program could not be started. Whatever it does once it runs is an [`Outcome`].
    pub fn run(&self, config: RunConfig) -> Result<Outcome, RunError> {
        run::run(&self.compiled, config)
    }

    /// The exports that [`RunConfig::entry`] and [`RunConfig::invoke`] are meant to name: functions that take and return numbers
    /// or nothing. Those whose names begin with `__` are left out.
    #[must_use]
    pub fn entry_points(&self) -> &[String] {
        &self.compiled.facts.entry_points
    }

    /// What an exported function takes and returns; `None` if there is no such function, or it has anything but numbers.
    #[must_use]
    pub fn signature(&self, name: &str) -> Option<Signature> {
        self.compiled.facts.signature(name)
    }

    /// Which module it is: a hash of the bytes that it was loaded from.
    #[must_use]
    pub fn hash(&self) -> ModuleHash {
        self.compiled.original.hash()
    }

    /// Whether the program was compiled when it was loaded, or its code was in the [`CodeCache`](crate::CodeCache).
    #[must_use]
    pub fn code_source(&self) -> &CodeSource {
        &self.compiled.source
    }

    /// Whether the module was built to report its lock events (cargo feature `tracing`).
    #[must_use]
    pub fn is_traced(&self) -> bool {
        self.compiled.facts.hooks
    }
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program")
            .field("facts", &self.compiled.facts)
            .finish_non_exhaustive()
    }
}
