//! The copy with points.

use wasm_encoder::{
    BlockType, ConstExpr, Encode, EntityType, ExportKind, ExportSection, GlobalSection, GlobalType,
    ImportSection, Instruction, TypeSection, ValType,
};
use wasmparser::{FunctionBody, Operator, Parser, Payload, TypeRef};

use super::loops::{Blocks, Way, find};
use super::{POINT, WayBack, budget_name};
use crate::load::rewrite::calls::MODULE;
use crate::load::rewrite::sections::{self, Additions, Code, Result};

/// What the copy has that `module` has not stands behind what that has: these say where.
#[derive(Default)]
struct Counts {
    types: u32,
    imported_functions: u32,
    globals: u32,
    exports: bool,
    /// How many parameters functions of each type have, and which type those have that it defines.
    params: Vec<u32>,
    defined: Vec<u32>,
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
        pieces: Vec::new(),
        local: 0,
    };
    let copied = sections::copy(module, &mut inserter);
    let (bytes, offsets) = copied.map_err(|error| error.to_string())?;
    let way_back = WayBack {
        offsets,
        imported_functions: inserter.counts.imported_functions,
    };
    Ok((bytes, way_back))
}

fn count(module: &[u8]) -> wasmparser::Result<Counts> {
    let mut counts = Counts::default();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    counts.params.push(length(ty?.params().len()));
                }
                counts.types = length(counts.params.len());
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
            Payload::FunctionSection(functions) => {
                counts.defined = functions.into_iter().collect::<wasmparser::Result<_>>()?;
            }
            Payload::GlobalSection(globals) => counts.globals += globals.count(),
            Payload::ExportSection(_) => counts.exports = true,
            _ => {}
        }
    }
    Ok(counts)
}

fn length(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

struct Inserter<'a> {
    counts: Counts,
    points: &'a [u64],
    /// The body of the function at hand, and where its pieces begin and stood.
    bytes: Vec<u8>,
    pieces: Vec<(usize, u64)>,
    /// The number of the local in which its loops count, if some do.
    local: u32,
}

impl Additions for Inserter<'_> {
    fn moved(&self, function: u32) -> u32 {
        if function < self.counts.imported_functions {
            function
        } else {
            function.saturating_add(1)
        }
    }

    fn types(&self, types: &mut TypeSection) {
        types.ty().function([], []);
    }

    fn imports(&self, imports: &mut ImportSection) {
        imports.import(MODULE, POINT, EntityType::Function(self.counts.types));
    }

    fn globals(&self, globals: &mut GlobalSection) {
        let ty = GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        };
        // The start function runs before anybody can set it: it takes four billion points to get from 0 to 0.
        globals.global(ty, &ConstExpr::i32_const(0));
    }

    fn exports(&self, exports: &mut ExportSection) {
        exports.export(&budget_name(), ExportKind::Global, self.counts.globals);
    }

    fn body(&mut self, number: u32, function: &FunctionBody<'_>, code: &mut Code<'_>) -> Result<()> {
        self.splice(number, function)?;
        code.add(&self.bytes, &self.pieces);
        Ok(())
    }
}

impl Inserter<'_> {
    /// Makes the body of a function.
    fn splice(&mut self, number: u32, function: &FunctionBody<'_>) -> Result<()> {
        let loops = find(function, self.points)?;
        let mut loops = loops.as_slice();
        let original = function.as_bytes();
        let base = function.range().start;
        let within = |offset: u64| usize::try_from(offset - base).unwrap_or(usize::MAX);
        let mut operators = function.get_operators_reader()?;
        let mut copied = 0;
        self.bytes.clear();
        self.pieces.clear();
        self.pieces.push((0, base));
        if !loops.is_empty() {
            self.begin(number, function)?;
            copied = within(operators.original_position());
            self.pieces
                .push((self.bytes.len(), operators.original_position()));
        }
        let mut blocks = Blocks::default();
        // How many blocks are around the loop at hand, if that counts in a local.
        let mut around = None;
        while !operators.eof() {
            let start = operators.original_position();
            let operator = operators.read()?;
            let end = operators.original_position();
            let mut copy = |bytes: &mut Vec<u8>, to: u64| {
                bytes.extend_from_slice(&original[copied..within(to)]);
                copied = within(to);
            };
            if loops.first().is_some_and(|counted| counted.start == start) {
                copy(&mut self.bytes, start);
                around = Some(blocks.depth());
                self.read_again(start);
                self.pieces.push((self.bytes.len(), start));
            }
            if self.is_point(start) {
                copy(&mut self.bytes, start);
                let mut at = start;
                // In a loop, so that every turn passes it.
                if let Operator::Loop { .. } = operator {
                    copy(&mut self.bytes, end);
                    at = end;
                }
                self.pieces.push((self.bytes.len(), start));
                self.point(around.is_some());
                self.pieces.push((self.bytes.len(), at));
            }
            if let Some(around) = around {
                let inside = length(blocks.depth() - around);
                match Way::of(&operator) {
                    Some(Way::If(label)) if label >= inside && blocks.is_bare(label) => {
                        copy(&mut self.bytes, start);
                        self.put(start, &[Instruction::If(BlockType::Empty)]);
                        self.write_back(start);
                        self.put(start, &[Instruction::Br(label + 1), Instruction::End]);
                        self.pieces.push((self.bytes.len(), end));
                        copied = within(end);
                    }
                    Some(Way::If(label) | Way::To(label)) if label < inside => {}
                    // That is called below, if it is known by its index, which has moved.
                    Some(Way::Call) if !matches!(operator, Operator::Call { .. }) => {
                        copy(&mut self.bytes, start);
                        self.write_back(start);
                        self.pieces.push((self.bytes.len(), start));
                        copy(&mut self.bytes, end);
                        self.read_again(start);
                        self.pieces.push((self.bytes.len(), end));
                    }
                    Some(_) => {
                        copy(&mut self.bytes, start);
                        self.write_back(start);
                        self.pieces.push((self.bytes.len(), start));
                    }
                    None => {}
                }
            }
            blocks.pass(&operator);
            if let Some((ended, others)) = loops.split_first()
                && ended.end == start
            {
                self.bytes.extend_from_slice(&original[copied..within(end)]);
                copied = within(end);
                self.write_back(start);
                self.pieces.push((self.bytes.len(), end));
                loops = others;
                around = None;
            }
            let called = match operator {
                Operator::Call { function_index } => Instruction::Call(self.moved(function_index)),
                Operator::ReturnCall { function_index } => {
                    Instruction::ReturnCall(self.moved(function_index))
                }
                Operator::RefFunc { function_index } => Instruction::RefFunc(self.moved(function_index)),
                _ => continue,
            };
            self.bytes.extend_from_slice(&original[copied..within(start)]);
            self.put(start, &[called]);
            if around.is_some() && matches!(operator, Operator::Call { .. }) {
                self.read_again(start);
            }
            copied = within(end);
            self.pieces.push((self.bytes.len(), end));
        }
        self.bytes.extend_from_slice(&original[copied..]);
        Ok(())
    }

    /// Begins a body with the function's locals and one more.
    fn begin(&mut self, number: u32, function: &FunctionBody<'_>) -> Result<()> {
        let ty = self.counts.defined.get(number as usize);
        let params = ty.and_then(|ty| self.counts.params.get(*ty as usize));
        let mut count = params.copied().unwrap_or_default();
        let mut locals = function.get_locals_reader()?;
        let groups = locals.get_count();
        let base = function.range().start;
        let within = |offset: u64| usize::try_from(offset - base).unwrap_or(usize::MAX);
        let from = within(locals.original_position());
        for _ in 0..groups {
            count = count.saturating_add(locals.read()?.0);
        }
        self.local = count;
        (groups + 1).encode(&mut self.bytes);
        let to = within(locals.original_position());
        self.bytes.extend_from_slice(&function.as_bytes()[from..to]);
        1_u32.encode(&mut self.bytes);
        ValType::I32.encode(&mut self.bytes);
        Ok(())
    }

    fn is_point(&mut self, offset: u64) -> bool {
        let is_one = self.points.first() == Some(&offset);
        if is_one {
            self.points = &self.points[1..];
        }
        is_one
    }

    /// Adds a point, which counts in the local or in the global.
    fn point(&mut self, in_local: bool) {
        let (get, set) = if in_local {
            (
                Instruction::LocalGet(self.local),
                Instruction::LocalSet(self.local),
            )
        } else {
            (self.get_global(), self.set_global())
        };
        let counts = [
            get.clone(),
            Instruction::I32Const(1),
            Instruction::I32Sub,
            set,
            get,
            Instruction::I32Eqz,
            Instruction::If(BlockType::Empty),
        ];
        let call = Instruction::Call(self.counts.imported_functions);
        let local = Instruction::LocalSet(self.local);
        self.encode(&counts);
        if in_local {
            self.encode(&[
                Instruction::I32Const(0),
                self.set_global(),
                call,
                self.get_global(),
                local,
            ]);
        } else {
            self.encode(&[call]);
        }
        self.encode(&[Instruction::End]);
    }

    /// The local has what the global has.
    fn read_again(&mut self, at: u64) {
        self.put(at, &[self.get_global(), Instruction::LocalSet(self.local)]);
    }

    /// The global has what the local has.
    fn write_back(&mut self, at: u64) {
        self.put(at, &[Instruction::LocalGet(self.local), self.set_global()]);
    }

    fn get_global(&self) -> Instruction<'static> {
        Instruction::GlobalGet(self.counts.globals)
    }

    fn set_global(&self) -> Instruction<'static> {
        Instruction::GlobalSet(self.counts.globals)
    }

    /// Adds instructions of which is said what is said of the one that stood there.
    fn put(&mut self, at: u64, instructions: &[Instruction<'_>]) {
        for instruction in instructions {
            self.pieces.push((self.bytes.len(), at));
            instruction.encode(&mut self.bytes);
        }
    }

    fn encode(&mut self, instructions: &[Instruction<'_>]) {
        for instruction in instructions {
            instruction.encode(&mut self.bytes);
        }
    }
}
