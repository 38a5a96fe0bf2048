//! The copy that tells, section by section.

use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, FunctionSection, GlobalSection,
    GlobalType, ImportSection, MemoryType, Module, SectionId, TypeSection, ValType,
};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, ExportSectionReader, FunctionSectionReader, GlobalSectionReader,
    ImportSectionReader, KnownCustom, Parser, Payload, TypeRef, TypeSectionReader,
};

use super::WayBack;
use super::allocator::Functions;
use super::body::Body;
use super::calls::{Call, SEEN, moment_name};
use super::indices::Indices;
use super::sites::Site;
use crate::load::rewrite::calls::MODULE;
use crate::load::rewrite::{OffsetMap, length_of};

type Result<T> = std::result::Result<T, Error<Infallible>>;

/// The copy, the way back from it, and the places that it tells of.
pub(super) struct Copy {
    pub(super) bytes: Vec<u8>,
    pub(super) way_back: WayBack,
    pub(super) sites: Vec<Site>,
}

/// Makes the copy of a valid module. `functions` is what is known of its functions, and what an instruction accesses at an offset
/// of which `is_private` says so is not told.
pub(super) fn insert(
    module: &[u8],
    functions: &Functions,
    is_private: &dyn Fn(usize) -> bool,
) -> std::result::Result<Copy, String> {
    let (indices, exports) = indices(module, functions).map_err(|error| error.to_string())?;
    if indices.types == 0 || indices.globals == 0 || !exports {
        return Err(
            "it has no types, globals or exports, as every module has that is built with threadlink"
                .to_owned(),
        );
    }
    let mut inserter = Inserter {
        functions,
        indices,
        body: Body::new(functions, indices, is_private),
        offsets: OffsetMap::default(),
        code_at: 0,
    };
    let mut copy = Module::new();
    let inserted = inserter.parse_core_module(&mut copy, Parser::new(0), module);
    inserted.map_err(|error| error.to_string())?;
    Ok(Copy {
        bytes: copy.finish(),
        way_back: WayBack {
            offsets: inserter.offsets,
            indices,
        },
        sites: inserter.body.into_sites(),
    })
}

/// Where what the copy has besides stands behind what the module has; and whether that has exports.
fn indices(module: &[u8], functions: &Functions) -> wasmparser::Result<(Indices, bool)> {
    let defined = u32::try_from(functions.types.len()).unwrap_or(u32::MAX);
    let mut indices = Indices {
        imported: functions.imported,
        defined: functions.imported.saturating_add(defined),
        types: 0,
        globals: 0,
        memories: 0,
    };
    let mut exports = false;
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::TypeSection(types) => {
                for group in types {
                    indices.types += u32::try_from(group?.types().len()).unwrap_or(u32::MAX);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    match import?.ty {
                        TypeRef::Global(_) => indices.globals += 1,
                        TypeRef::Memory(_) => indices.memories += 1,
                        _ => {}
                    }
                }
            }
            Payload::GlobalSection(globals) => indices.globals += globals.count(),
            Payload::ExportSection(_) => exports = true,
            _ => {}
        }
    }
    Ok((indices, exports))
}

struct Inserter<'a> {
    functions: &'a Functions,
    indices: Indices,
    body: Body<'a>,
    offsets: OffsetMap,
    /// Where the code section of the copy begins.
    code_at: usize,
}

impl Reencode for Inserter<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32> {
        Ok(self.indices.moved(function))
    }

    fn parse_type_section(&mut self, types: &mut TypeSection, section: TypeSectionReader<'_>) -> Result<()> {
        utils::parse_type_section(self, types, section)?;
        for call in Call::ALL {
            types
                .ty()
                .function(call.params().iter().copied(), call.results().iter().copied());
        }
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_import_section(self, imports, section)?;
        for (call, ty) in Call::ALL.into_iter().zip(self.indices.types..) {
            imports.import(MODULE, call.name(), EntityType::Function(ty));
        }
        let seen = MemoryType {
            minimum: 0,
            maximum: Some(1 << 16),
            memory64: false,
            shared: true,
            page_size_log2: None,
        };
        imports.import(MODULE, SEEN, seen);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_function_section(self, functions, section)?;
        // What is wrapped stands behind all others.
        for index in self.body.wrapped() {
            let ty = self.functions.types.get(index as usize).copied();
            functions.function(ty.unwrap_or_default());
        }
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_global_section(self, globals, section)?;
        let ty = GlobalType {
            val_type: ValType::I64,
            mutable: true,
            shared: false,
        };
        // The moment, which is that of the words in a new memory: the start function tells nothing. And the path.
        for _ in 0..2 {
            globals.global(ty, &ConstExpr::i64_const(0));
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_export_section(self, exports, section)?;
        exports.export(&moment_name(), ExportKind::Global, self.indices.moment());
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
        let offset = |at: u64| u32::try_from(at).unwrap_or(u32::MAX);
        let wrapped = self.body.wrapped().len();
        // Contents begin with the number of bodies, and each body with its length.
        let count = length_of(section.count().saturating_add(offset(wrapped as u64)));
        let mut add = |code: &mut CodeSection, bytes: &[u8], pieces: &[(usize, u64)]| {
            let len = length_of(offset(bytes.len() as u64));
            let at = (count + code.byte_len() + len) as u64;
            code.raw(bytes);
            for (copy, original) in pieces {
                self.offsets
                    .push(offset(at + *copy as u64), offset(original - start));
            }
        };
        let mut moved = Vec::new();
        for (index, function) in section.into_iter().enumerate() {
            let function = function?;
            let index = offset(index as u64);
            self.body.splice(index, &function)?;
            if self
                .functions
                .roles
                .contains_key(&(index + self.indices.imported))
            {
                moved.push((self.body.bytes.clone(), self.body.pieces.clone()));
                self.body.wrap(index, &function);
            }
            add(code, &self.body.bytes, &self.body.pieces);
        }
        for (bytes, pieces) in moved {
            add(code, &bytes, &pieces);
        }
        let len = offset((count + code.byte_len()) as u64);
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        self.offsets.place(self.code_at + 1 + length_of(len), start);
        Ok(())
    }

    /// Names alone: debug information is read from the original.
    fn parse_custom_section(&mut self, module: &mut Module, section: CustomSectionReader<'_>) -> Result<()> {
        if let KnownCustom::Name(names) = section.as_known()
            && let Ok(names) = self.custom_name_section(names)
        {
            module.section(&names);
        }
        Ok(())
    }
}
