//! What loading makes of a module: all that its runs share.

use wasmtime::FrameInfo;

use super::cache::CodeSource;
use super::check::Facts;
use super::original::Original;
use super::points::WayBack;
use super::rewrite::Origin;
use crate::engine::Engine;
use crate::symbols::Symbol;

/// A module that passed the checks, in machine code.
pub(crate) struct Compiled {
    pub(crate) engine: Engine,
    pub(crate) module: wasmtime::Module,
    pub(crate) original: Original,
    /// Where the machine code comes from.
    pub(crate) source: CodeSource,
    /// What the original says of itself.
    pub(crate) facts: Facts,
    /// What leads from the copy that was compiled to the original; `None` if that was compiled itself.
    origin: Option<Origin>,
    /// What leads back to that copy from the one with points, if there is one.
    way_back: Option<WayBack>,
}

impl Compiled {
    pub(super) fn new(
        engine: Engine,
        module: wasmtime::Module,
        original: Original,
        source: CodeSource,
        facts: Facts,
        origin: Option<Origin>,
    ) -> Self {
        Self {
            engine,
            module,
            original,
            source,
            facts,
            origin,
            way_back: None,
        }
    }

    /// The same whose code has points.
    pub(super) fn with_points(self, way_back: WayBack) -> Self {
        Self {
            way_back: Some(way_back),
            ..self
        }
    }

    /// What runs it.
    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        self.module.engine()
    }

    /// What the code of a frame is, innermost inlined function first. Empty without debug information.
    pub(crate) fn symbols(&self, frame: &FrameInfo) -> Vec<Symbol> {
        let offset = frame.module_offset().map(|offset| {
            let offset = self
                .way_back
                .as_ref()
                .map_or(offset, |way_back| way_back.offset(offset));
            self.origin
                .as_ref()
                .map_or(offset, |origin| origin.offset(offset))
        });
        offset
            .map(|offset| self.original.symbols().at(offset))
            .unwrap_or_default()
    }

    /// The index of a frame's function in the module as it was given.
    pub(crate) fn function(&self, frame: &FrameInfo) -> u32 {
        let way_back = self.way_back.as_ref();
        let index = way_back.map_or_else(|| frame.func_index(), |way_back| way_back.function(frame));
        self.origin
            .as_ref()
            .map_or(index, |origin| origin.function(index))
    }
}
