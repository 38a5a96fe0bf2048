//! The copy with points.

use std::collections::VecDeque;

use wasm_encoder::{
    ConstExpr, EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType,
    ImportSection, TypeSection, ValType,
};
use wasmparser::{
    FuncToValidate, FuncValidatorAllocations, FunctionBody, Parser, Payload, TypeRef, ValidPayload,
    Validator, ValidatorResources,
};

use super::body::{Body, Indices};
use super::{POINT, WayBack, budget_name};
use super::{loops, twice};
use crate::features;
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
    /// What can validate these.
    to_validate: VecDeque<FuncToValidate<ValidatorResources>>,
}

/// Puts a point in front of each of these instructions, whose offsets are in order; short loops may be there `twice`.
pub(super) fn insert(
    module: &[u8],
    points: &[u64],
    twice: bool,
) -> std::result::Result<(Vec<u8>, WayBack), String> {
    let counts = count(module).map_err(|error| error.to_string())?;
    if counts.types == 0 || counts.globals == 0 || !counts.exports || counts.defined.is_empty() {
        return Err(
            "it has no types, globals, exports or code, as every module has that is built with threadlink"
                .to_owned(),
        );
    }
    let mut inserter = Inserter {
        counts,
        points,
        twice,
    };
    let copied = sections::copy(module, &mut inserter);
    let (bytes, offsets) = copied.map_err(|error| error.to_string())?;
    let way_back = WayBack {
        offsets,
        imported_functions: inserter.counts.imported_functions,
        stop: inserter.indices().stop,
    };
    Ok((bytes, way_back))
}

fn count(module: &[u8]) -> wasmparser::Result<Counts> {
    let mut counts = Counts::default();
    let mut validator = Validator::new_with_features(features::ENABLED);
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if let ValidPayload::Func(function, _) = validator.payload(&payload)? {
            counts.to_validate.push_back(function);
        }
        match payload {
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
    /// Whether short loops may be there twice.
    twice: bool,
}

impl Inserter<'_> {
    fn indices(&self) -> Indices {
        Indices {
            point: self.counts.imported_functions,
            stop: self.counts.imported_functions + 1 + length(self.counts.defined.len()),
            budget: self.counts.globals,
        }
    }
}

impl Additions for Inserter<'_> {
    fn moved(&self, function: u32) -> u32 {
        self.indices().moved(function)
    }

    fn types(&self, types: &mut TypeSection) {
        types.ty().function([], []);
        types.ty().function([], [ValType::I32]);
    }

    fn imports(&self, imports: &mut ImportSection) {
        imports.import(MODULE, POINT, EntityType::Function(self.counts.types));
    }

    fn functions(&self, functions: &mut FunctionSection) {
        functions.function(self.counts.types + 1);
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
        let ty = self.counts.defined.get(number as usize);
        let params = ty.and_then(|ty| self.counts.params.get(*ty as usize));
        let params = params.copied().unwrap_or_default();
        let end = function.range().end;
        let (points, others) = self.points.split_at(self.points.partition_point(|at| *at < end));
        let loops = loops::find(function, points)?;
        let twice = match self.counts.to_validate.pop_front() {
            Some(to_validate) if self.twice && !loops.short.is_empty() => {
                let validator = to_validate.into_validator(FuncValidatorAllocations::default());
                twice::find(function, points, &loops.short, validator)?
            }
            _ => Vec::new(),
        };
        let body = Body::new(function, params, points, loops.counted, twice, self.indices())?;
        self.points = others;
        code.add(&body.bytes, &body.pieces);
        Ok(())
    }

    fn more(&self) -> u32 {
        1
    }

    fn more_bodies(&mut self, code: &mut Code<'_>) {
        let indices = self.indices();
        let mut stop = Function::new([]);
        stop.instructions()
            .i32_const(0)
            .global_set(indices.budget)
            .call(indices.point)
            .global_get(indices.budget)
            .end();
        code.section().function(&stop);
    }
}
