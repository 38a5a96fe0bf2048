//! What loading makes of a module: all that its runs share.

use wasmtime::FrameInfo;

use super::check::Facts;
use crate::engine::Engine;
use crate::symbols::{Symbol, Symbols};

/// A module that passed the checks, in machine code.
pub(crate) struct Compiled {
    pub(crate) engine: Engine,
    pub(crate) module: wasmtime::Module,
    pub(crate) facts: Facts,
    symbols: Symbols,
}

impl Compiled {
    pub(super) fn new(engine: Engine, module: wasmtime::Module, facts: Facts, symbols: Symbols) -> Self {
        Self {
            engine,
            module,
            facts,
            symbols,
        }
    }

    /// What the code of a frame is, innermost inlined function first. Empty without debug information.
    pub(crate) fn symbols(&self, frame: &FrameInfo) -> Vec<Symbol> {
        let offset = frame.module_offset();
        offset.map(|offset| self.symbols.at(offset)).unwrap_or_default()
    }
}
