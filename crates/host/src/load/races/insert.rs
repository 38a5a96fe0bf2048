//! The copy that tells.

use wasm_encoder::{
    ConstExpr, EntityType, ExportKind, ExportSection, FunctionSection, GlobalSection, GlobalType,
    ImportSection, MemoryType, TypeSection, ValType,
};
use wasmparser::{FunctionBody, Parser, Payload, TypeRef};

use super::WayBack;
use super::allocator::Functions;
use super::body::Body;
use super::calls::{Call, SEEN, moment_name};
use super::indices::Indices;
use super::sites::Site;
use crate::load::rewrite::calls::MODULE;
use crate::load::rewrite::sections::{self, Additions, Code, Result};

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
        wrapped: Vec::new(),
    };
    let copied = sections::copy(module, &mut inserter);
    let (bytes, offsets) = copied.map_err(|error| error.to_string())?;
    Ok(Copy {
        bytes,
        way_back: WayBack { offsets, indices },
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

/// The code of a function, and where its pieces begin and stood.
type Spliced = (Vec<u8>, Vec<(usize, u64)>);

struct Inserter<'a> {
    functions: &'a Functions,
    indices: Indices,
    body: Body<'a>,
    /// The bodies of functions that are wrapped, with their pieces: they stand behind all others.
    wrapped: Vec<Spliced>,
}

impl Additions for Inserter<'_> {
    fn moved(&self, function: u32) -> u32 {
        self.indices.moved(function)
    }

    fn types(&self, types: &mut TypeSection) {
        for call in Call::ALL {
            types
                .ty()
                .function(call.params().iter().copied(), call.results().iter().copied());
        }
    }

    fn imports(&self, imports: &mut ImportSection) {
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
    }

    fn functions(&self, functions: &mut FunctionSection) {
        for index in self.body.wrapped() {
            let ty = self.functions.types.get(index as usize).copied();
            functions.function(ty.unwrap_or_default());
        }
    }

    fn globals(&self, globals: &mut GlobalSection) {
        let ty = GlobalType {
            val_type: ValType::I64,
            mutable: true,
            shared: false,
        };
        // The moment, which is that of the words in a new memory: the start function tells nothing. And the path.
        for _ in 0..2 {
            globals.global(ty, &ConstExpr::i64_const(0));
        }
    }

    fn exports(&self, exports: &mut ExportSection) {
        exports.export(&moment_name(), ExportKind::Global, self.indices.moment());
    }

    fn body(&mut self, number: u32, function: &FunctionBody<'_>, code: &mut Code<'_>) -> Result<()> {
        self.body.splice(number, function)?;
        let index = number.saturating_add(self.indices.imported);
        if self.functions.roles.contains_key(&index) {
            self.wrapped
                .push((self.body.bytes.clone(), self.body.pieces.clone()));
            self.body.wrap(number, function);
        }
        code.add(&self.body.bytes, &self.body.pieces);
        Ok(())
    }

    fn more(&self) -> u32 {
        u32::try_from(self.body.wrapped().len()).unwrap_or(u32::MAX)
    }

    fn more_bodies(&mut self, code: &mut Code<'_>) {
        for (bytes, pieces) in std::mem::take(&mut self.wrapped) {
            code.add(&bytes, &pieces);
        }
    }
}
