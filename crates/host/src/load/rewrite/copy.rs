//! The copy, and what leads from it back to the module that it was made from.

use wasm_encoder::{
    EntityType, ExportKind, ExportSection, FunctionSection, GlobalSection, ImportSection, MemoryType,
    TypeSection, ValType,
};
use wasmparser::FunctionBody;

use super::body::Body;
use super::calls::{Call, MADE_FOR, MODULE, global_name};
use super::offsets::OffsetMap;
use super::plan::Plan;
use super::sections::{self, Additions, Code, Result};
use super::shortcuts;

/// The copy of a module.
pub(crate) struct Rewritten {
    pub(crate) bytes: Vec<u8>,
    pub(crate) origin: Origin,
}

/// What the engine says of a copy, in terms of the original.
#[derive(Debug)]
pub(crate) struct Origin {
    plan: Plan,
    offsets: OffsetMap,
}

impl Origin {
    /// That of a copy that was made before.
    pub(crate) fn of_kept(plan: Plan, offsets: OffsetMap) -> Self {
        Self { plan, offsets }
    }

    /// What leads from the copy's code back.
    pub(crate) fn offsets(&self) -> &OffsetMap {
        &self.offsets
    }

    /// The offset of what stands at this offset of the copy.
    pub(crate) fn offset(&self, of_copy: usize) -> usize {
        self.offsets.original(of_copy)
    }

    /// Whether the module has the function that has this index in the copy.
    pub(crate) fn has(&self, of_copy: u32) -> bool {
        self.plan.is_of_module(of_copy)
    }

    /// Whether the copy has shortcuts.
    pub(crate) fn has_shortcuts(&self) -> bool {
        self.plan.shortcuts.is_some()
    }

    /// The index of the function that has this index in the copy.
    pub(crate) fn function(&self, of_copy: u32) -> u32 {
        self.plan.original(of_copy)
    }
}

impl Rewritten {
    /// Makes the copy of a valid module.
    pub(super) fn of(original: &[u8], plan: Plan) -> Result<Self> {
        let mut copier = Copier {
            plan,
            body: Body::default(),
        };
        let (bytes, offsets) = sections::copy(original, &mut copier)?;
        Ok(Self {
            bytes,
            origin: Origin { plan, offsets },
        })
    }
}

/// The type of the rings' memory: any of 32 bits will do.
const RINGS: MemoryType = MemoryType {
    minimum: 0,
    maximum: Some(1 << 16),
    memory64: false,
    shared: true,
    page_size_log2: None,
};

struct Copier {
    plan: Plan,
    body: Body,
}

impl Additions for Copier {
    fn moved(&self, function: u32) -> u32 {
        self.plan.moved(function)
    }

    fn shifted(&self, function: u32) -> u32 {
        self.plan.shifted(function)
    }

    fn types(&self, types: &mut TypeSection) {
        for call in self.plan.calls() {
            types.ty().function(call.params().iter().copied(), [ValType::I32]);
        }
        if self.plan.made_for.is_asked() {
            types.ty().function([ValType::I32], [ValType::I32]);
        }
        if self.plan.shortcuts.is_some() {
            types.ty().function([], []);
        }
    }

    fn imports(&self, imports: &mut ImportSection) {
        let calls = self.plan.calls().map(Call::name);
        let made_for = self.plan.made_for.is_asked().then_some(MADE_FOR);
        let drain = self.plan.shortcuts.map(|_| shortcuts::DRAIN);
        for (name, ty) in calls.chain(made_for).chain(drain).zip(self.plan.types..) {
            imports.import(MODULE, name, EntityType::Function(ty));
        }
        if self.plan.shortcuts.is_some() {
            imports.import(MODULE, shortcuts::RINGS, RINGS);
        }
    }

    fn functions(&self, functions: &mut FunctionSection) {
        if let Some(shortcuts) = &self.plan.shortcuts {
            shortcuts.declare(functions);
        }
    }

    fn globals(&self, globals: &mut GlobalSection) {
        if let Some(shortcuts) = &self.plan.shortcuts {
            shortcuts.globals(globals);
        }
    }

    fn exports(&self, exports: &mut ExportSection) {
        for (place, global) in self.plan.globals.indices().enumerate() {
            exports.export(&global_name(place), ExportKind::Global, global);
        }
        if let Some(shortcuts) = &self.plan.shortcuts {
            shortcuts.export(exports);
        }
    }

    fn body(&mut self, _number: u32, function: &FunctionBody<'_>, code: &mut Code<'_>) -> Result<()> {
        self.body.splice(function, self.plan)?;
        code.add(&self.body.bytes, &self.body.pieces);
        Ok(())
    }

    fn more(&self) -> u32 {
        self.plan.shortcuts.map_or(0, |shortcuts| shortcuts.count())
    }

    fn more_bodies(&mut self, code: &mut Code<'_>) {
        if let Some(shortcuts) = &self.plan.shortcuts {
            shortcuts.define(code.section(), self.plan.drain());
        }
    }
}
