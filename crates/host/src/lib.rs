//! Runs threaded wasm modules on wasmtime: loads and checks them, gives every guest thread an operating-system
//! thread and an instance, records their lock events, and finds deadlocks while they happen.
//!
//! ```no_run
//! use threadlink_host::{End, Engine, EngineConfig, RunConfig};
//!
//! let engine = Engine::new(&EngineConfig::new())?;
//! let program = engine.load(&std::fs::read("bank.wasm")?)?;
//! let outcome = program.run(RunConfig::new().max_threads(64))?;
//! match &outcome.end {
//!     End::Returned => println!("done, with {} instances", outcome.stats.instances),
//!     other => eprintln!("{other}"),
//! }
//! std::process::exit(outcome.end.exit_code());
//! # #[allow(unreachable_code)]
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where things happen
//! - A module is loaded: `load`, with the settings of `engine`.
//! - A `spawn` arrives: `link::threads`, then `run::spawn`, which takes a worker of `run::pool` or makes one.
//! - A function of the embedder's is called: `link::custom`, made by `imports`.
//! - A lock is taken: `load::rewrite::shortcuts`, which the guest calls in place of the host where that need not be told; what they
//!   record is in `rings`.
//! - A lock event arrives: `link::hooks`, then `run::context`, which asks the crate `threadlink-watch` what it means and
//!   records it.
//! - A thread waits, in the guest or in the host: `wait`.
//! - The program ends: `run::ending`, first come, first served; [`Outcome`] is what is left of it.
//!
//! # Trust
//! Guests are not trusted. Every address, length, index and count that comes from one is checked; a guest can
//! end itself in any way it likes, but not the host.

mod backtrace;
mod compilers;
mod engine;
mod exhausted;
mod explore;
mod features;
mod handles;
mod imports;
mod link;
mod load;
mod memory;
mod numbers;
mod outcome;
mod processor;
mod program;
mod race;
mod reservation;
mod rings;
mod run;
mod stacks;
mod symbols;
mod wait;

pub use engine::{Engine, EngineConfig, EngineError};
pub use exhausted::{Exhausted, MemoryLimit};
pub use explore::{Executed, ExecutionConfig, Explorable, RacesOutcome, ScheduleFailure};
pub use imports::{
    Guest, ImportError, ImportFailure, ImportFunction, ImportResults, Imports, Number, OutOfBounds,
};
pub use load::{
    CodeCache, CodeCacheContents, CodeSource, Compiler, Library, LoadError, ModuleHash, Points,
    compile_child, for_other_hosts,
};
pub use numbers::{Signature, Value, ValueType};
pub use outcome::{Death, End, Outcome, RuntimeFailure, Stats};
pub use program::Program;
pub use race::{Race, RaceAccess};
pub use run::{Input, RunConfig, RunError, StopHandle, Stream};
pub use symbols::{Symbol, Symbols};
pub use threadlink_trace::{DeadlockReport, Hold, LockOrigin, ReportEdge, Site, ThreadLabel, Waiting};

/// Compiles the example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
