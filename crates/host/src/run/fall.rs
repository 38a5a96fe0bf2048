//! [`Fall`]: how a thread left guest code, other than by returning.

use wasmtime::Store;

use super::context::Context;
use super::globals::Globals;
use super::shared::Run;

/// How a thread fell out of guest code.
pub(super) struct Fall<'a> {
    pub(super) error: &'a wasmtime::Error,
    /// The stack pointer then, if the host knows where that is.
    pub(super) stack_pointer: Option<u32>,
}

impl<'a> Fall<'a> {
    /// By this error, which a call into the instance with these globals has ended with.
    pub(super) fn of(
        run: &Run,
        error: &'a wasmtime::Error,
        store: &mut Store<Context>,
        globals: &Globals,
    ) -> Self {
        let known = run.program.facts.stack_pointer;
        Self {
            error,
            stack_pointer: known.and_then(|known| globals.word(store, known.place)),
        }
    }

    /// Before there was an instance.
    pub(super) fn at_start(error: &'a wasmtime::Error) -> Self {
        Self {
            error,
            stack_pointer: None,
        }
    }
}
