//! Functions of the embedder's, which guests import beside those of the ABI. [`function`] makes them of closures, and
//! [`guest`] is what they see of who calls.

mod failure;
mod function;
mod guest;

use std::collections::HashMap;

use thiserror::Error;
use threadlink_abi::imports as abi;
use threadlink_trace::Printable;

pub use failure::ImportFailure;
pub(crate) use function::{Function, MOST_PARAMS};
pub use function::{ImportFunction, ImportResults, Number};
pub use guest::{Guest, OutOfBounds};

use crate::load::rewrite::calls;

/// Functions that modules may import besides those of the ABI. Given to
/// [`Engine::load_with`](crate::Engine::load_with), which checks that a module's imports are among them and have their types.
///
/// A function runs on the thread of the guest that calls it, and many threads may be in it at once. If it returns an error,
/// the run ends as [`End::ImportFailed`](crate::End::ImportFailed); if it panics, that is the death of the guest's thread.
/// A run that has ended does not wait for one that does not return: its thread is
/// [left behind](crate::Stats::abandoned_threads).
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicI32, Ordering};
/// use threadlink_host::{Engine, EngineConfig, Guest, Imports, RunConfig};
///
/// let total = Arc::new(AtomicI32::new(0));
/// let seen = total.clone();
/// let imports = Imports::new().function("game", "score", move |_: Guest<'_>, points: i32| {
///     seen.fetch_add(points, Ordering::Relaxed) + points
/// })?;
/// let module = wat::parse_str(
///     r#"(module
///         (import "env" "memory" (memory 1 1 shared))
///         (import "game" "score" (func $score (param i32) (result i32)))
///         (func (export "_start") (drop (call $score (i32.const 7)))))"#,
/// )?;
/// let program = Engine::new(&EngineConfig::new())?.load_with(&module, &imports)?;
/// program.run(RunConfig::new())?;
/// assert_eq!(total.load(Ordering::Relaxed), 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct Imports {
    functions: HashMap<(String, String), Function>,
}

/// Why a function cannot be imported under a name.
///
/// ```
/// use threadlink_host::{Guest, Imports};
///
/// let refused = Imports::new().function("threadlink", "clock", |_: Guest<'_>| 0_i64).unwrap_err();
/// assert!(refused.to_string().contains("belongs to threadlink"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The name is one of the ABI's, or of the host's own.
    #[error(
        "`{}.{}` cannot be a function of yours: the name belongs to threadlink; use another module",
        Printable(module),
        Printable(name)
    )]
    Reserved {
        /// The import's module.
        module: String,
        /// Its name there.
        name: String,
    },
    /// There is one of this name.
    #[error("`{}.{}` is there already", Printable(module), Printable(name))]
    Twice {
        /// The import's module.
        module: String,
        /// Its name there.
        name: String,
    },
}

impl Imports {
    /// No functions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a function, which modules import as `name` from `module`.
    ///
    /// The modules `wasm_threadlink`, `threadlink` and `threadlink:host` are threadlink's own. Undefined `extern` functions
    /// of Rust's are imported from `env`, where only `memory` is taken.
    ///
    /// # Errors
    /// If the name is threadlink's, or there is one of this name.
    pub fn function<P, R>(
        mut self,
        module: &str,
        name: &str,
        function: impl ImportFunction<P, R>,
    ) -> Result<Self, ImportError> {
        let reserved = [abi::CORE_MODULE, abi::EXT_MODULE, calls::MODULE].contains(&module)
            || (module, name) == (abi::MEMORY_MODULE, abi::MEMORY);
        let (module, name) = (module.to_owned(), name.to_owned());
        if reserved {
            return Err(ImportError::Reserved { module, name });
        }
        let key = (module, name);
        if self.functions.contains_key(&key) {
            let (module, name) = key;
            return Err(ImportError::Twice { module, name });
        }
        self.functions.insert(key, function.into_function());
        Ok(self)
    }

    /// The function of this name.
    pub(crate) fn find(&self, module: &str, name: &str) -> Option<&Function> {
        if self.functions.is_empty() {
            return None;
        }
        self.functions.get(&(module.to_owned(), name.to_owned()))
    }
}

impl std::fmt::Debug for Imports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let types = self
            .functions
            .iter()
            .map(|((module, name), function)| (format!("{module}.{name}"), function.signature.to_string()));
        f.debug_map().entries(types).finish()
    }
}

/// A function that a module imports, and what it calls it.
pub(crate) struct Imported {
    pub(crate) module: String,
    pub(crate) name: String,
    pub(crate) function: Function,
}

impl std::fmt::Debug for Imported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.module, self.name)
    }
}
