//! What loading makes of a module: all that its runs share.

use std::sync::OnceLock;

use wasmtime::{FrameInfo, MemoryType, SharedMemory};

use super::cache::CodeSource;
use super::check::Facts;
use super::original::Original;
use super::points::WayBack;
use super::races::Telling;
use super::rewrite::Origin;
use crate::engine::Engine;
use crate::reservation::Reserved;
use crate::symbols::Symbol;

/// A module that passed the checks, in machine code.
pub(crate) struct Compiled {
    pub(crate) engine: Engine,
    /// What room a memory has with this code.
    pub(crate) reserved: Reserved,
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
    /// What is known of the copy of that one that tells of accesses, if there is one.
    telling: Option<Telling>,
    /// What its shortcuts get for rings where there are none, once that is needed.
    no_rings: OnceLock<SharedMemory>,
}

impl Compiled {
    pub(super) fn new(
        engine: Engine,
        reserved: Reserved,
        module: wasmtime::Module,
        original: Original,
        source: CodeSource,
        facts: Facts,
        origin: Option<Origin>,
    ) -> Self {
        Self {
            engine,
            reserved,
            module,
            original,
            source,
            facts,
            origin,
            way_back: None,
            telling: None,
            no_rings: OnceLock::new(),
        }
    }

    /// The same whose code has points.
    pub(super) fn with_points(self, way_back: WayBack) -> Self {
        Self {
            way_back: Some(way_back),
            ..self
        }
    }

    /// The same whose code tells of its accesses of memory.
    pub(super) fn with_telling(self, telling: Telling) -> Self {
        Self {
            telling: Some(telling),
            ..self
        }
    }

    /// What is known of its accesses of memory, if its code tells of them.
    pub(crate) fn telling(&self) -> Option<&Telling> {
        self.telling.as_ref()
    }

    /// What the code is that accesses memory at this offset of the copy that does not tell, innermost inlined function first.
    pub(crate) fn symbols_of_access(&self, at: usize) -> Vec<Symbol> {
        self.original.symbols().at(self.before_points(at))
    }

    /// A memory for its shortcuts where nothing is recorded: they do not touch it.
    pub(crate) fn no_rings(&self) -> wasmtime::Result<SharedMemory> {
        if let Some(memory) = self.no_rings.get() {
            return Ok(memory.clone());
        }
        let memory = SharedMemory::new(self.wasmtime(), MemoryType::shared(1, 1))?;
        Ok(self.no_rings.get_or_init(|| memory).clone())
    }

    /// Whether a frame is of the module's own code.
    pub(crate) fn has(&self, frame: &FrameInfo) -> bool {
        let with_points = self.way_back.as_ref();
        if with_points.is_some_and(|way_back| !way_back.has(self.before_telling(frame))) {
            return false;
        }
        let index = self.in_copy(frame);
        self.origin.as_ref().is_none_or(|origin| origin.has(index))
    }

    /// Whether there are shortcuts before its hooks of locks.
    pub(crate) fn has_shortcuts(&self) -> bool {
        self.origin.as_ref().is_some_and(Origin::has_shortcuts)
    }

    /// What runs it.
    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        self.module.engine()
    }

    /// What the code of a frame is, innermost inlined function first. Empty without debug information.
    pub(crate) fn symbols(&self, frame: &FrameInfo) -> Vec<Symbol> {
        let offset = self.offset(frame);
        offset
            .map(|offset| self.original.symbols().at(offset))
            .unwrap_or_default()
    }

    /// The folder in which the code of a frame was compiled.
    pub(crate) fn folder(&self, frame: &FrameInfo) -> Option<String> {
        self.original.symbols().folder_at(self.offset(frame)?)
    }

    /// Where in the module as it was given.
    fn offset(&self, frame: &FrameInfo) -> Option<usize> {
        let offset = frame.module_offset()?;
        Some(self.before_points(match &self.telling {
            Some(telling) => telling.way_back.offset(offset),
            None => offset,
        }))
    }

    /// The same for an offset of the copy with points.
    fn before_points(&self, offset: usize) -> usize {
        let offset = match &self.way_back {
            Some(way_back) => way_back.offset(offset),
            None => offset,
        };
        match &self.origin {
            Some(origin) => origin.offset(offset),
            None => offset,
        }
    }

    /// The index of a frame's function in the copy that does not tell of accesses.
    fn before_telling(&self, frame: &FrameInfo) -> u32 {
        match &self.telling {
            Some(telling) => telling.way_back.function(frame),
            None => frame.func_index(),
        }
    }

    /// The same in the copy that has no points.
    fn in_copy(&self, frame: &FrameInfo) -> u32 {
        let index = self.before_telling(frame);
        match &self.way_back {
            Some(way_back) => way_back.function(index),
            None => index,
        }
    }

    /// The index of a frame's function in the module as it was given.
    pub(crate) fn function(&self, frame: &FrameInfo) -> u32 {
        let index = self.in_copy(frame);
        self.origin
            .as_ref()
            .map_or(index, |origin| origin.function(index))
    }
}
