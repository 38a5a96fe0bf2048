//! Reads a module's bytes into the few facts that the checks and the runner need. Validates nothing else.
//!
//! Everything here is as large as the module at most: names are borrowed, types stand once.

use wasmparser::{
    BinaryReaderError, CompositeInnerType, Encoding, ExternalKind, FuncType, FunctionBody, MemoryType,
    Operator, Parser, Payload, TypeRef, WasmFeatures,
};

use super::LoadError;
use super::rewrite::Plan;

/// What a module imports, exports and may change.
#[derive(Debug, Default)]
pub(crate) struct Shape<'a> {
    pub(crate) imports: Vec<Import<'a>>,
    pub(crate) exports: Vec<Export<'a>>,
    /// All types; `None` is one of something else than a function.
    pub(crate) types: Vec<Option<FuncType>>,
    /// Whether any memory has 64-bit addresses.
    pub(crate) memory64: bool,
    /// Memories that the module defines itself.
    pub(crate) own_memories: usize,
    /// Mutable globals that the module defines or imports.
    pub(crate) mutable_globals: usize,
    /// Whether `__tls_base` is exported as a mutable global.
    pub(crate) exports_tls_base: bool,
    /// Whether a table could change between two threads on one instance.
    pub(crate) changes_tables: bool,
    /// Bytes that an instance takes, tables aside, at a guess that is high.
    pub(crate) instance_size: usize,
    /// What a copy for the engine would differ in.
    pub(crate) plan: Plan,
}

#[derive(Debug)]
pub(crate) struct Import<'a> {
    pub(crate) module: &'a str,
    pub(crate) name: &'a str,
    pub(crate) item: Item,
}

#[derive(Debug)]
pub(crate) struct Export<'a> {
    pub(crate) name: &'a str,
    pub(crate) item: Item,
}

/// An imported or exported thing, as far as the ABI knows such things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    /// With the index of its type.
    Function(u32),
    Memory(MemoryType),
    Global {
        mutable: bool,
    },
    Other(&'static str),
}

impl<'a> Shape<'a> {
    /// Parses `bytes`.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, LoadError> {
        if bytes.is_empty() {
            return Err(LoadError::Empty);
        }
        if !bytes.starts_with(b"\0asm") {
            let start = String::from_utf8_lossy(&bytes[..bytes.len().min(12)]).into_owned();
            return Err(LoadError::NotWasm {
                found: format!("{start:?}"),
            });
        }
        Reader::default().run(bytes)
    }

    /// The type of a function of this type's index, if it is one of functions.
    pub(crate) fn function_type(&self, ty: u32) -> Option<&FuncType> {
        self.types.get(ty as usize)?.as_ref()
    }

    /// Whether it imports a memory that only its missing maximum makes invalid.
    pub(crate) fn has_shared_memory_without_maximum(&self) -> bool {
        self.imports.iter().any(
            |import| matches!(import.item, Item::Memory(memory) if memory.shared && memory.maximum.is_none()),
        )
    }
}

/// Index spaces while they are being read.
#[derive(Default)]
struct Reader<'a> {
    shape: Shape<'a>,
    functions: Vec<u32>,
    memories: Vec<MemoryType>,
    globals: Vec<bool>,
}

impl<'a> Reader<'a> {
    fn run(mut self, bytes: &'a [u8]) -> Result<Shape<'a>, LoadError> {
        let mut parser = Parser::new(0);
        parser.set_features(WasmFeatures::all());
        for payload in parser.parse_all(bytes) {
            let payload = payload.map_err(damaged)?;
            if let Payload::Version {
                encoding: Encoding::Component,
                ..
            } = payload
            {
                return Err(LoadError::Component);
            }
            self.payload(payload).map_err(damaged)?;
        }
        // The engine's words for each: what a function is called by, and a global's widest value.
        self.shape.instance_size = 64 * self.functions.len() + 32 * self.globals.len();
        Ok(self.shape)
    }

    fn payload(&mut self, payload: Payload<'a>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        self.shape.plan.types += 1;
                        self.shape.types.push(match ty.composite_type.inner {
                            CompositeInnerType::Func(ty) => Some(ty),
                            _ => None,
                        });
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let item = self.import(import.ty);
                    self.shape.imports.push(Import {
                        module: import.module,
                        name: import.name,
                        item,
                    });
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.functions.push(ty?);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.memory(memory?);
                    self.shape.own_memories += 1;
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    self.global(global?.ty.mutable);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    let item = self.exported(export.kind, export.index);
                    self.shape.exports_tls_base |=
                        export.name == "__tls_base" && item == Item::Global { mutable: true };
                    self.shape.changes_tables |= item == Item::Other("a table");
                    self.shape.exports.push(Export {
                        name: export.name,
                        item,
                    });
                }
            }
            Payload::CodeSectionEntry(body) => self.body(&body)?,
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, ty: TypeRef) -> Item {
        match ty {
            TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                self.functions.push(index);
                self.shape.plan.imported_functions += 1;
                Item::Function(index)
            }
            TypeRef::Memory(memory) => {
                self.memory(memory);
                Item::Memory(memory)
            }
            TypeRef::Global(global) => {
                self.global(global.mutable);
                Item::Global {
                    mutable: global.mutable,
                }
            }
            TypeRef::Table(_) => {
                self.shape.changes_tables = true;
                Item::Other("a table")
            }
            TypeRef::Tag(_) => Item::Other("a tag"),
        }
    }

    fn memory(&mut self, memory: MemoryType) {
        self.memories.push(memory);
        self.shape.memory64 |= memory.memory64;
    }

    fn global(&mut self, mutable: bool) {
        self.globals.push(mutable);
        self.shape.mutable_globals += usize::from(mutable);
    }

    fn exported(&self, kind: ExternalKind, index: u32) -> Item {
        let index = index as usize;
        match kind {
            ExternalKind::Func | ExternalKind::FuncExact => match self.functions.get(index) {
                Some(ty) => Item::Function(*ty),
                None => Item::Other("a function that does not exist"),
            },
            ExternalKind::Memory => match self.memories.get(index) {
                Some(memory) => Item::Memory(*memory),
                None => Item::Other("a memory that does not exist"),
            },
            ExternalKind::Global => match self.globals.get(index) {
                Some(mutable) => Item::Global { mutable: *mutable },
                None => Item::Other("a global that does not exist"),
            },
            ExternalKind::Table => Item::Other("a table"),
            ExternalKind::Tag => Item::Other("a tag"),
        }
    }

    fn body(&mut self, body: &FunctionBody<'_>) -> Result<(), BinaryReaderError> {
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let operator = operators.read()?;
            self.shape.changes_tables |= changes_a_table(&operator);
            self.shape.plan.note(&operator);
        }
        Ok(())
    }
}

fn changes_a_table(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::TableSet { .. }
            | Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
            | Operator::ElemDrop { .. }
    )
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
pub(super) fn damaged(error: BinaryReaderError) -> LoadError {
    LoadError::Damaged {
        offset: error.offset(),
        message: error.message().to_owned(),
    }
}
