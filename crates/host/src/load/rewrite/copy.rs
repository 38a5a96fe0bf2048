//! The copy, section by section. wasm-encoder's reencoder walks the module and follows every function index outside code.

use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, FunctionSection, GlobalSection, ImportSection,
    MemoryType, Module, NameMap, NameSection, SectionId, TypeSection, ValType,
};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, ExportSectionReader, FunctionSectionReader, GlobalSectionReader,
    ImportSectionReader, KnownCustom, Name, NameSectionReader, Parser, TypeSectionReader,
};

use super::body::Body;
use super::calls::{MODULE, global_name};
use super::offsets::OffsetMap;
use super::plan::Plan;
use super::shortcuts;

type Result<T> = std::result::Result<T, Error<Infallible>>;

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
            offsets: OffsetMap::default(),
            code_at: 0,
        };
        let mut module = Module::new();
        copier.parse_core_module(&mut module, Parser::new(0), original)?;
        Ok(Self {
            bytes: module.finish(),
            origin: Origin {
                plan,
                offsets: copier.offsets,
            },
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
    offsets: OffsetMap,
    /// Where the code section of the copy begins.
    code_at: usize,
}

impl Reencode for Copier {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32> {
        Ok(self.plan.moved(function))
    }

    fn parse_type_section(&mut self, types: &mut TypeSection, section: TypeSectionReader<'_>) -> Result<()> {
        utils::parse_type_section(self, types, section)?;
        for call in self.plan.calls() {
            types.ty().function(call.params().iter().copied(), [ValType::I32]);
        }
        if self.plan.shortcuts.is_some() {
            types.ty().function([], []);
        }
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_import_section(self, imports, section)?;
        for (call, ty) in self.plan.calls().zip(self.plan.types..) {
            imports.import(MODULE, call.name(), EntityType::Function(ty));
        }
        if self.plan.shortcuts.is_some() {
            let ty = self.plan.types + self.plan.added() - 1;
            imports.import(MODULE, shortcuts::DRAIN, EntityType::Function(ty));
            imports.import(MODULE, shortcuts::RINGS, RINGS);
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_export_section(self, exports, section)?;
        for (place, global) in self.plan.globals.indices().enumerate() {
            exports.export(&global_name(place), ExportKind::Global, global);
        }
        if let Some(shortcuts) = &self.plan.shortcuts {
            shortcuts.export(exports);
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_function_section(self, functions, section)?;
        if let Some(shortcuts) = &self.plan.shortcuts {
            shortcuts.declare(functions);
        }
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_global_section(self, globals, section)?;
        if let Some(shortcuts) = &self.plan.shortcuts {
            shortcuts.globals(globals);
        }
        Ok(())
    }

    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<()> {
        if before == Some(SectionId::Code) {
            self.code_at = module.as_slice().len();
        }
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, section: CodeSectionReader<'_>) -> Result<()> {
        let start = section.range().start;
        // Contents begin with the number of bodies, and each body with its length.
        let shortcuts = self.plan.shortcuts;
        let more = shortcuts.map_or(0, |shortcuts| shortcuts.count());
        let count = length_of(section.count().saturating_add(more));
        for function in section {
            self.body.splice(&function?, self.plan)?;
            let body = &self.body.bytes;
            let at = count + code.byte_len() + length_of(u32::try_from(body.len()).unwrap_or(u32::MAX));
            code.raw(body);
            for (copy, original) in &self.body.pieces {
                let copy = u32::try_from(at + copy).unwrap_or(u32::MAX);
                self.offsets
                    .push(copy, u32::try_from(original - start).unwrap_or(u32::MAX));
            }
        }
        if let Some(shortcuts) = &shortcuts {
            shortcuts.define(code, self.plan.drain());
        }
        let len = u32::try_from(count + code.byte_len()).unwrap_or(u32::MAX);
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        self.offsets.place(self.code_at + 1 + length_of(len), start);
        Ok(())
    }

    /// Only names: debug information and test records are read from the original, and what else there may be (hints for
    /// branches, say) would speak of offsets that are no more.
    fn parse_custom_section(&mut self, module: &mut Module, section: CustomSectionReader<'_>) -> Result<()> {
        if let KnownCustom::Name(names) = section.as_known() {
            module.section(&self.function_names(names));
        }
        Ok(())
    }
}

impl Copier {
    /// The names of functions, which backtraces show. A damaged section is no reason to refuse a module: names are kept
    /// as far as they can be read.
    fn function_names(&self, section: NameSectionReader<'_>) -> NameSection {
        let mut names = NameSection::new();
        for part in section.into_iter().map_while(std::result::Result::ok) {
            let Name::Function(functions) = part else { continue };
            let mut map = NameMap::new();
            for function in functions.into_iter().map_while(std::result::Result::ok) {
                map.append(self.plan.shifted(function.index), function.name);
            }
            names.functions(&map);
        }
        names
    }
}

/// Bytes of a number in LEB128.
fn length_of(value: u32) -> usize {
    let bits = (u32::BITS - value.leading_zeros()).max(1);
    bits.div_ceil(7) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_length_of_their_encoding() {
        for (value, length) in [(0, 1), (127, 1), (128, 2), (16383, 2), (16384, 3), (u32::MAX, 5)] {
            assert_eq!(length_of(value), length, "{value}");
        }
    }
}
