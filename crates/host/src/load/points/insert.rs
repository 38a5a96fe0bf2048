//! The copy with points, section by section.

use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, Encode, EntityType, ExportKind, ExportSection, GlobalSection,
    GlobalType, ImportSection, Instruction, Module, SectionId, TypeSection, ValType,
};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, ExportSectionReader, FunctionBody, GlobalSectionReader,
    ImportSectionReader, KnownCustom, Operator, Parser, Payload, TypeRef, TypeSectionReader,
};

use super::{POINT, WayBack, budget_name};
use crate::load::rewrite::calls::MODULE;
use crate::load::rewrite::{OffsetMap, length_of};

type Result<T> = std::result::Result<T, Error<Infallible>>;

/// What the copy has that `module` has not stands behind what that has: these say where.
#[derive(Default)]
struct Counts {
    types: u32,
    imported_functions: u32,
    globals: u32,
    exports: bool,
}

/// Puts a point in front of each of these instructions, whose offsets are in order.
pub(super) fn insert(module: &[u8], points: &[u64]) -> std::result::Result<(Vec<u8>, WayBack), String> {
    let counts = count(module).map_err(|error| error.to_string())?;
    if counts.types == 0 || counts.globals == 0 || !counts.exports {
        return Err(
            "it has no types, globals or exports, as every module has that is built with threadlink"
                .to_owned(),
        );
    }
    let mut inserter = Inserter {
        counts,
        points,
        bytes: Vec::new(),
        offsets: OffsetMap::default(),
        code_at: 0,
    };
    let mut copy = Module::new();
    let inserted = inserter.parse_core_module(&mut copy, Parser::new(0), module);
    inserted.map_err(|error| error.to_string())?;
    let way_back = WayBack {
        offsets: inserter.offsets,
        imported_functions: inserter.counts.imported_functions,
    };
    Ok((copy.finish(), way_back))
}

fn count(module: &[u8]) -> wasmparser::Result<Counts> {
    let mut counts = Counts::default();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::TypeSection(types) => {
                for group in types {
                    counts.types += u32::try_from(group?.types().len()).unwrap_or(u32::MAX);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    match import?.ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => counts.imported_functions += 1,
                        TypeRef::Global(_) => counts.globals += 1,
                        _ => {}
                    }
                }
            }
            Payload::GlobalSection(globals) => counts.globals += globals.count(),
            Payload::ExportSection(_) => counts.exports = true,
            _ => {}
        }
    }
    Ok(counts)
}

struct Inserter<'a> {
    counts: Counts,
    points: &'a [u64],
    /// The body of the function at hand.
    bytes: Vec<u8>,
    offsets: OffsetMap,
    /// Where the code section of the copy begins.
    code_at: usize,
}

impl Reencode for Inserter<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32> {
        Ok(if function < self.counts.imported_functions {
            function
        } else {
            function.saturating_add(1)
        })
    }

    fn parse_type_section(&mut self, types: &mut TypeSection, section: TypeSectionReader<'_>) -> Result<()> {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([], []);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_import_section(self, imports, section)?;
        imports.import(MODULE, POINT, EntityType::Function(self.counts.types));
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_global_section(self, globals, section)?;
        let ty = GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        };
        // The start function runs before anybody can set it: it takes four billion points to get from 0 to 0.
        globals.global(ty, &ConstExpr::i32_const(0));
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_export_section(self, exports, section)?;
        exports.export(&budget_name(), ExportKind::Global, self.counts.globals);
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
        // Contents begin with the number of bodies, and each body with its length.
        let count = length_of(section.count());
        for function in section {
            let pieces = self.splice(&function?)?;
            let len = length_of(offset(self.bytes.len() as u64));
            let at = (count + code.byte_len() + len) as u64;
            code.raw(&self.bytes);
            for (copy, original) in pieces {
                self.offsets
                    .push(offset(at + copy as u64), offset(original - start));
            }
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

impl Inserter<'_> {
    /// Makes the body of a function; returns where its pieces begin and stood.
    fn splice(&mut self, function: &FunctionBody<'_>) -> Result<Vec<(usize, u64)>> {
        let original = function.as_bytes();
        let base = function.range().start;
        let within = |offset: u64| usize::try_from(offset - base).unwrap_or(usize::MAX);
        self.bytes.clear();
        let mut pieces = vec![(0, base)];
        let mut copied = 0;
        let mut operators = function.get_operators_reader()?;
        while !operators.eof() {
            let start = operators.original_position();
            let operator = operators.read()?;
            let end = operators.original_position();
            if self.is_point(start) {
                self.bytes.extend_from_slice(&original[copied..within(start)]);
                copied = within(start);
                // In a loop, so that every turn passes it.
                if let Operator::Loop { .. } = operator {
                    self.bytes.extend_from_slice(&original[copied..within(end)]);
                    copied = within(end);
                }
                pieces.push((self.bytes.len(), start));
                self.point();
                pieces.push((self.bytes.len(), base + copied as u64));
            }
            let called = match operator {
                Operator::Call { function_index } => Instruction::Call(self.function_index(function_index)?),
                Operator::ReturnCall { function_index } => {
                    Instruction::ReturnCall(self.function_index(function_index)?)
                }
                Operator::RefFunc { function_index } => {
                    Instruction::RefFunc(self.function_index(function_index)?)
                }
                _ => continue,
            };
            self.bytes.extend_from_slice(&original[copied..within(start)]);
            pieces.push((self.bytes.len(), start));
            called.encode(&mut self.bytes);
            copied = within(end);
            pieces.push((self.bytes.len(), end));
        }
        self.bytes.extend_from_slice(&original[copied..]);
        Ok(pieces)
    }

    fn is_point(&mut self, offset: u64) -> bool {
        let is_one = self.points.first() == Some(&offset);
        if is_one {
            self.points = &self.points[1..];
        }
        is_one
    }

    fn point(&mut self) {
        let budget = self.counts.globals;
        for instruction in [
            Instruction::GlobalGet(budget),
            Instruction::I32Const(1),
            Instruction::I32Sub,
            Instruction::GlobalSet(budget),
            Instruction::GlobalGet(budget),
            Instruction::I32Eqz,
            Instruction::If(BlockType::Empty),
            Instruction::Call(self.counts.imported_functions),
            Instruction::End,
        ] {
            instruction.encode(&mut self.bytes);
        }
    }
}
