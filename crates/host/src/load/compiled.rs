//! What loading makes of a module: all that its runs share.

use std::sync::OnceLock;

use wasmtime::FrameInfo;

use super::check::Facts;
use super::hash::ModuleHash;
use super::rewrite::Origin;
use crate::engine::Engine;
use crate::symbols::{Symbol, Symbols};

/// A module that passed the checks, in machine code.
pub(crate) struct Compiled {
    pub(crate) engine: Engine,
    pub(crate) module: wasmtime::Module,
    /// Of the original.
    pub(crate) hash: ModuleHash,
    /// What the original says of itself.
    pub(crate) facts: Facts,
    symbols: Symbols,
    /// What leads from the copy that was compiled to the original; `None` if that was compiled itself.
    origin: Option<Origin>,
    /// What stands between it and its hooks, once that is needed.
    helper: OnceLock<wasmtime::Module>,
}

impl Compiled {
    pub(super) fn new(
        engine: Engine,
        module: wasmtime::Module,
        hash: ModuleHash,
        facts: Facts,
        symbols: Symbols,
        origin: Option<Origin>,
    ) -> Self {
        Self {
            engine,
            module,
            hash,
            facts,
            symbols,
            origin,
            helper: OnceLock::new(),
        }
    }

    /// What stands between it and its hooks, which `compile` makes for its engine the first time.
    pub(crate) fn helper(
        &self,
        compile: impl FnOnce(&wasmtime::Engine) -> wasmtime::Result<wasmtime::Module>,
    ) -> wasmtime::Result<wasmtime::Module> {
        if let Some(helper) = self.helper.get() {
            return Ok(helper.clone());
        }
        let helper = compile(self.wasmtime())?;
        Ok(self.helper.get_or_init(|| helper).clone())
    }

    /// Whether a frame is of the module's code.
    pub(crate) fn has(&self, frame: &FrameInfo) -> bool {
        frame.module().image_range() == self.module.image_range()
    }

    /// What runs it.
    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        self.module.engine()
    }

    /// What the code of a frame is, innermost inlined function first. Empty without debug information.
    pub(crate) fn symbols(&self, frame: &FrameInfo) -> Vec<Symbol> {
        let offset = frame.module_offset().map(|offset| match &self.origin {
            Some(origin) => origin.offset(offset),
            None => offset,
        });
        offset.map(|offset| self.symbols.at(offset)).unwrap_or_default()
    }

    /// The index of a frame's function in the module as it was given.
    pub(crate) fn function(&self, frame: &FrameInfo) -> u32 {
        let index = frame.func_index();
        self.origin
            .as_ref()
            .map_or(index, |origin| origin.function(index))
    }
}
