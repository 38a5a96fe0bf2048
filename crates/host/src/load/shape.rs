//! Reads a module's bytes into the few facts that the checks and the runner need. Validates nothing else.

use wasmparser::{
    BinaryReaderError, CompositeInnerType, Encoding, ExternalKind, FuncType, MemoryType, Operator, Parser,
    Payload, TypeRef, WasmFeatures,
};

use super::LoadError;

/// What a module imports, exports and may change.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    pub(crate) imports: Vec<Import>,
    pub(crate) exports: Vec<Export>,
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
}

#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) module: String,
    pub(crate) name: String,
    pub(crate) item: Item,
}

#[derive(Debug)]
pub(crate) struct Export {
    pub(crate) name: String,
    pub(crate) item: Item,
}

/// An imported or exported thing, as far as the ABI knows such things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    Function(String),
    Memory(MemoryType),
    Global { mutable: bool },
    Other(&'static str),
}

/// The wire form of a function type: `(i32, i32) -> i32`.
fn signature(ty: &FuncType) -> String {
    let list = |types: &[wasmparser::ValType]| {
        types
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let results = match ty.results() {
        [one] => one.to_string(),
        several => format!("({})", list(several)),
    };
    format!("({}) -> {results}", list(ty.params()))
}

impl Shape {
    /// Parses `bytes`.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, LoadError> {
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
}

/// Index spaces while they are being read.
#[derive(Default)]
struct Reader {
    shape: Shape,
    types: Vec<Option<String>>,
    functions: Vec<u32>,
    memories: Vec<MemoryType>,
    globals: Vec<bool>,
}

impl Reader {
    fn run(mut self, bytes: &[u8]) -> Result<Shape, LoadError> {
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
        Ok(self.shape)
    }

    fn payload(&mut self, payload: Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        self.types.push(match &ty.composite_type.inner {
                            CompositeInnerType::Func(ty) => Some(signature(ty)),
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
                        module: import.module.to_owned(),
                        name: import.name.to_owned(),
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
                        name: export.name.to_owned(),
                        item,
                    });
                }
            }
            Payload::CodeSectionEntry(body) => {
                self.shape.changes_tables |= changes_a_table(&body)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, ty: TypeRef) -> Item {
        match ty {
            TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                self.functions.push(index);
                self.function_type(index)
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

    fn function_type(&self, ty: u32) -> Item {
        let known = self.types.get(ty as usize).and_then(Clone::clone);
        Item::Function(known.unwrap_or_else(|| "(unknown type)".to_owned()))
    }

    fn exported(&self, kind: ExternalKind, index: u32) -> Item {
        let index = index as usize;
        match kind {
            ExternalKind::Func | ExternalKind::FuncExact => match self.functions.get(index) {
                Some(ty) => self.function_type(*ty),
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
}

fn changes_a_table(body: &wasmparser::FunctionBody<'_>) -> Result<bool, BinaryReaderError> {
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        if matches!(
            operators.read()?,
            Operator::TableSet { .. }
                | Operator::TableGrow { .. }
                | Operator::TableFill { .. }
                | Operator::TableCopy { .. }
                | Operator::TableInit { .. }
                | Operator::ElemDrop { .. }
        ) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn damaged(error: BinaryReaderError) -> LoadError {
    LoadError::Damaged {
        offset: error.offset(),
        message: error.message().to_owned(),
    }
}
