//! Reads a module's bytes into the few facts that the checks and the runner need. Validates nothing else.
//!
//! First all but the code, which is most of what there is to read ([`Outline`]); what the code says is read after that, or known
//! from the last time ([`CodeFacts`]).
//!
//! Everything here is as large as the module at most: names are borrowed, types stand once.

use std::ops::Range;

use wasmparser::{
    BinaryReader, BinaryReaderError, Chunk, CodeSectionReader, CompositeInnerType, ConstExpr, ElementItems,
    Encoding, ExternalKind, FuncType, FunctionBody, MemoryType, Operator, Parser, Payload, TableInit,
    TypeRef, WasmFeatures,
};

use threadlink_abi::layout::DESCRIPTOR_EXPORT;

use super::LoadError;
use super::globals::{Globals, StackPointer};
use super::rewrite::calls::{MODULE as HOST_MODULE, Waits};
use super::rewrite::shortcuts::Shortcuts;
use super::rewrite::{MadeFor, Plan};
use super::state::State;

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
    /// Which of the globals is the stack pointer, if the module is one of ours.
    pub(crate) stack_pointer: Option<StackPointer>,
    /// Whether the mutable globals of an instance can be put back.
    pub(crate) globals_can_be_put_back: bool,
    /// Whether an instance that has run one thread is another for the next, its globals aside.
    pub(crate) instances_change: bool,
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

/// What only a module's code says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CodeFacts {
    /// Which of the instructions it has that a copy for the engine would not have.
    pub(crate) waits: Waits,
    /// Whether an instance that has run one thread is another for the next, its globals aside.
    pub(crate) instances_change: bool,
}

/// All of a module but its code.
pub(crate) struct Outline<'a> {
    reader: Reader<'a>,
    /// Where its code section is, as it says.
    code: Option<Range<u64>>,
}

impl<'a> Outline<'a> {
    /// Parses `bytes`, all but the code.
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
        let mut reader = Reader::default();
        let mut code = None;
        let mut parser = Parser::new(0);
        parser.set_features(WasmFeatures::all());
        let mut rest = bytes;
        // It never wants more, it says, of bytes that are all there are.
        while let Chunk::Parsed { consumed, payload } = parser.parse(rest, true).map_err(damaged)? {
            rest = rest.get(consumed..).unwrap_or_default();
            match payload {
                Payload::Version {
                    encoding: Encoding::Component,
                    ..
                } => return Err(LoadError::Component),
                Payload::CodeSectionStart {
                    unchecked_range,
                    size,
                    ..
                } => {
                    code = Some(unchecked_range);
                    parser.skip_section();
                    let behind = usize::try_from(size).ok().and_then(|size| rest.get(size..));
                    // Whoever reads the code finds out that it has no end.
                    let Some(behind) = behind else { break };
                    rest = behind;
                }
                Payload::End(_) => break,
                payload => reader.payload(payload).map_err(damaged)?,
            }
        }
        Ok(Self { reader, code })
    }

    /// The memories that it imports or defines.
    pub(crate) fn memories(&self) -> &[MemoryType] {
        &self.reader.memories
    }

    /// Whether its copy will have shortcuts.
    pub(crate) fn has_shortcuts(&self) -> bool {
        self.reader.shortcuts().is_some()
    }

    /// The whole shape, of a module with this code.
    pub(crate) fn with_code(mut self, bytes: &'a [u8]) -> Result<Shape<'a>, LoadError> {
        if let Some(range) = &self.code {
            let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            let code = &bytes[at(range.start)..at(range.end)];
            self.reader.code(code, range.start).map_err(damaged)?;
        }
        let facts = CodeFacts {
            waits: self.reader.shape.plan.waits,
            instances_change: self.reader.state.may_change(),
        };
        Ok(self.with(facts))
    }

    /// The same of a module of whose code this is known.
    pub(crate) fn with(self, facts: CodeFacts) -> Shape<'a> {
        self.reader.finish(facts)
    }
}

impl<'a> Shape<'a> {
    /// Parses `bytes`.
    #[cfg(test)]
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, LoadError> {
        Outline::read(bytes)?.with_code(bytes)
    }

    /// What was read in the code.
    pub(crate) fn code_facts(&self) -> CodeFacts {
        CodeFacts {
            waits: self.plan.waits,
            instances_change: self.instances_change,
        }
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
    mutable: Globals,
    state: State,
    /// Functions whose code was read.
    bodies: u32,
    /// Of each type, whether it is the same as any other that is written like it.
    simple: Vec<bool>,
}

impl<'a> Reader<'a> {
    fn finish(mut self, facts: CodeFacts) -> Shape<'a> {
        // The engine's words for each: what a function is called by, and a global's widest value.
        self.shape.instance_size = 64 * self.functions.len() + 32 * self.globals.len();
        self.shape.instances_change = facts.instances_change;
        self.shape.plan.waits = facts.waits;
        let can_be_shown = self.can_be_shown();
        self.shape.globals_can_be_put_back = can_be_shown && self.mutable.can_be_put_back();
        if self.shape.globals_can_be_put_back {
            self.shape.plan.globals = self.mutable.shown();
        }
        if can_be_shown && self.is_ours() {
            self.shape.stack_pointer = self.mutable.stack_pointer();
        }
        if !self.is_ours() {
            self.shape.plan.made_for = MadeFor::default();
        }
        self.shape.plan.shortcuts = self.shortcuts();
        self.shape
    }

    /// Whether a copy can have exports that the module has not.
    fn can_be_shown(&self) -> bool {
        let taken = |export: &Export<'_>| export.name.starts_with(HOST_MODULE);
        !self.shape.exports.iter().any(taken)
    }

    /// Whether the threadlink crate is in it.
    fn is_ours(&self) -> bool {
        let is_it = |export: &Export<'_>| export.name == DESCRIPTOR_EXPORT;
        self.shape.exports.iter().any(is_it)
    }

    /// What may stand before its hooks. A module to whose functions and globals nothing can be added, as it defines none, does
    /// nothing with them either; one that has not one memory is refused.
    fn shortcuts(&self) -> Option<Shortcuts> {
        let imported = self.shape.imports.iter();
        let functions = imported.clone().filter_map(|import| match import.item {
            Item::Function(ty) => Some((import.module, import.name, ty)),
            _ => None,
        });
        let globals = imported.filter(|import| matches!(import.item, Item::Global { .. }));
        let has_code = functions.clone().count() < self.functions.len();
        let has_globals = globals.count() < self.globals.len();
        let [functions_in_all, globals_in_all] =
            [self.functions.len(), self.globals.len()].map(u32::try_from);
        let shortcuts = Shortcuts::of(functions, functions_in_all.ok()?, globals_in_all.ok()?);
        let has_room = has_code && has_globals && self.memories.len() == 1;
        shortcuts.filter(|_| has_room && self.can_be_shown() && self.is_ours())
    }

    /// The code of all functions.
    fn code(&mut self, section: &'a [u8], offset: u64) -> Result<(), BinaryReaderError> {
        let reader = BinaryReader::new_features(section, offset, WasmFeatures::all());
        for body in CodeSectionReader::new(reader)? {
            self.body(&body?)?;
        }
        Ok(())
    }

    fn payload(&mut self, payload: Payload<'a>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    let group = group?;
                    let alone = group.types().len() == 1;
                    for ty in group.into_types() {
                        self.shape.plan.types += 1;
                        self.simple
                            .push(alone && ty.is_final && ty.supertype_idxs.is_empty());
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
            Payload::TableSection(section) => {
                for table in section {
                    if let TableInit::Expr(expression) = table?.init {
                        self.refers(&expression)?;
                    }
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global?;
                    self.mutable.note(self.globals.len(), &global);
                    self.globals.push(global.ty.mutable);
                    self.refers(&global.init_expr)?;
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    let item = self.exported(export.kind, export.index);
                    if matches!(item, Item::Global { .. }) {
                        self.mutable.exported(export.index, export.name);
                    }
                    match export.kind {
                        ExternalKind::Table => self.state.is_shared(),
                        ExternalKind::Func | ExternalKind::FuncExact => {
                            self.state.refers(export.index);
                            self.asks(export.name, export.index);
                        }
                        _ => {}
                    }
                    self.shape.exports.push(Export {
                        name: export.name,
                        item,
                    });
                }
            }
            Payload::StartSection { func, .. } => self.state.start(func),
            Payload::ElementSection(section) => {
                for element in section {
                    self.element(element?.items)?;
                }
            }
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
                self.mutable.import(global.mutable);
                self.globals.push(global.mutable);
                Item::Global {
                    mutable: global.mutable,
                }
            }
            TypeRef::Table(_) => {
                self.state.is_shared();
                Item::Other("a table")
            }
            TypeRef::Tag(_) => Item::Other("a tag"),
        }
    }

    fn memory(&mut self, memory: MemoryType) {
        self.memories.push(memory);
        self.shape.memory64 |= memory.memory64;
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
        let function = self.shape.plan.imported_functions.saturating_add(self.bodies);
        self.bodies = self.bodies.saturating_add(1);
        while !operators.eof() {
            let operator = operators.read()?;
            self.state.note(function, &operator);
            self.shape.plan.note(&operator);
        }
        Ok(())
    }

    /// Takes note of an exported function that asks for whom a lock is made. One that is imported is the host's already.
    fn asks(&mut self, name: &str, function: u32) {
        let ty = self.functions.get(function as usize);
        let ty = ty.filter(|ty| self.simple.get(**ty as usize) == Some(&true));
        let ty = ty.and_then(|ty| self.shape.types.get(*ty as usize)?.as_ref());
        if function >= self.shape.plan.imported_functions {
            self.shape.plan.made_for.exported(name, function, ty);
        }
    }

    /// Functions that a table can hold.
    fn element(&mut self, items: ElementItems<'_>) -> Result<(), BinaryReaderError> {
        match items {
            ElementItems::Functions(functions) => {
                for function in functions {
                    self.state.refers(function?);
                }
            }
            ElementItems::Expressions(_, expressions) => {
                for expression in expressions {
                    self.refers(&expression?)?;
                }
            }
        }
        Ok(())
    }

    /// Functions that a constant expression refers to.
    fn refers(&mut self, expression: &ConstExpr<'_>) -> Result<(), BinaryReaderError> {
        for operator in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator? {
                self.state.refers(function_index);
            }
        }
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
pub(super) fn damaged(error: BinaryReaderError) -> LoadError {
    LoadError::Damaged {
        offset: error.offset(),
        message: error.message().to_owned(),
    }
}
