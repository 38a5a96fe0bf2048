//! A module as wasm-bindgen's command is to get it. C's `main` is no export any more, since what is called so would run whenever
//! an instance is made; and waits are calls of functions that `waits` makes. Functions come to the end of what there is, so that
//! nothing gets another index.

use std::collections::BTreeMap;

use wasm_encoder::{CodeSection, Encode, ExportKind, ExportSection, Module, RawSection};
use wasmparser::{BinaryReader, ExternalKind, KnownCustom, Parser, Payload, Result, TypeRef};

use super::waits::{FLAG, Waits};

/// What a linker exports of every program that has it.
const C_MAIN: &str = "main";

/// Sections of the binary format.
mod section {
    pub(super) const TYPE: u8 = 1;
    pub(super) const FUNCTION: u8 = 3;
    pub(super) const GLOBAL: u8 = 6;
    pub(super) const EXPORT: u8 = 7;
    pub(super) const CODE: u8 = 10;
    /// All that have an order, in it.
    pub(super) const ORDER: [u8; 13] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
}

/// The module, prepared.
pub(super) fn prepare(module: &[u8]) -> Result<Vec<u8>> {
    let mut sections: Vec<(u8, Vec<u8>)> = Vec::new();
    let (mut exports, mut bodies) = (ExportSection::new(), Vec::new());
    let (mut types, mut functions, mut globals) = (0, 0, 0);
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        match &payload {
            Payload::TypeSection(section) => {
                for group in section.clone() {
                    types += u32::try_from(group?.into_types().count()).unwrap_or(u32::MAX);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports() {
                    match import?.ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => functions += 1,
                        TypeRef::Global(_) => globals += 1,
                        _ => {}
                    }
                }
            }
            Payload::FunctionSection(section) => functions += section.count(),
            Payload::GlobalSection(section) => globals += section.count(),
            Payload::ExportSection(section) => {
                for export in section.clone() {
                    let export = export?;
                    if export.name != C_MAIN || export.kind != ExternalKind::Func {
                        exports.export(export.name, ExportKind::from(export.kind), export.index);
                    }
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.clone()),
            // Where functions stand is another place now.
            Payload::CustomSection(custom)
                if custom.name().starts_with(".debug")
                    || matches!(custom.as_known(), KnownCustom::BranchHints(_)) =>
            {
                continue;
            }
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            sections.push((id, module[at(range.start)..at(range.end)].to_vec()));
        }
    }

    let mut waits = Waits::new(types, functions, globals);
    let mut code = CodeSection::new();
    for body in &bodies {
        code.raw(&waits.splice(body)?);
    }
    let mut made = BTreeMap::new();
    if let Some(added) = waits.made() {
        exports.export(FLAG, ExportKind::Global, globals);
        for body in &added.bodies {
            code.function(body);
        }
        made.insert(section::TYPE, added.types);
        made.insert(section::FUNCTION, added.functions);
        made.insert(section::GLOBAL, added.globals);
        for (id, (count, more)) in made {
            append(&mut sections, id, count, &more)?;
        }
    }
    replace(&mut sections, section::EXPORT, contents(&exports));
    replace(&mut sections, section::CODE, contents(&code));
    let mut prepared = Module::new();
    for (id, data) in &sections {
        prepared.section(&RawSection { id: *id, data });
    }
    Ok(prepared.finish())
}

/// A place in bytes that are in memory.
fn at(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// A section without its length.
fn contents(section: &impl Encode) -> Vec<u8> {
    let mut bytes = Vec::new();
    section.encode(&mut bytes);
    let mut reader = BinaryReader::new(&bytes, 0);
    // Our own encoding: there is one.
    let _ = reader.read_var_u32();
    bytes.split_off(at(reader.original_position()))
}

/// The section of this kind, made in its place if the module has none.
fn of_kind(sections: &mut Vec<(u8, Vec<u8>)>, id: u8) -> &mut Vec<u8> {
    let place = |id: u8| section::ORDER.iter().position(|other| *other == id);
    let at = sections
        .iter()
        .position(|(other, _)| *other == id)
        .unwrap_or_else(|| {
            let later =
                |(other, _): &(u8, Vec<u8>)| place(*other).is_some_and(|other| Some(other) > place(id));
            let at = sections.iter().position(later).unwrap_or(sections.len());
            sections.insert(at, (id, vec![0]));
            at
        });
    &mut sections[at].1
}

/// Adds entries to a section, which begins with their number.
fn append(sections: &mut Vec<(u8, Vec<u8>)>, id: u8, count: u32, entries: &[u8]) -> Result<()> {
    let section = of_kind(sections, id);
    let mut reader = BinaryReader::new(section, 0);
    let old = reader.read_var_u32()?;
    let rest = at(reader.original_position());
    let mut bytes = Vec::new();
    old.saturating_add(count).encode(&mut bytes);
    bytes.extend_from_slice(&section[rest..]);
    bytes.extend_from_slice(entries);
    *section = bytes;
    Ok(())
}

/// Gives a section other contents. One that would be new and empty is none.
fn replace(sections: &mut Vec<(u8, Vec<u8>)>, id: u8, contents: Vec<u8>) {
    if contents != [0] || sections.iter().any(|(other, _)| *other == id) {
        *of_kind(sections, id) = contents;
    }
}

#[cfg(test)]
mod tests {
    use wasmparser::{Validator, WasmFeatures};

    use super::*;

    const MODULE: &str = r#"(module
        (import "env" "memory" (memory 1 2 shared))
        (import "env" "base" (global $base i32))
        (global $stack (mut i32) (i32.const 1024))
        (func (export "thread_start") (param i32)
            (drop (memory.atomic.wait32 offset=8 (local.get 0) (i32.const 1) (i64.const -1)))
            (drop (memory.atomic.wait64 (local.get 0) (i64.const 1) (i64.const 5)))
            (global.set $stack (global.get $base)))
        (func (export "main") (param i32 i32) (result i32) (i32.const 0)))"#;

    fn exports(module: &[u8]) -> Vec<String> {
        let sections = Parser::new(0)
            .parse_all(module)
            .filter_map(|payload| match payload.unwrap() {
                Payload::ExportSection(section) => Some(section),
                _ => None,
            });
        sections
            .flatten()
            .map(|export| export.unwrap().name.to_owned())
            .collect()
    }

    /// Whether a wait stands in a function of the module's own.
    fn waits(module: &[u8], own: usize) -> bool {
        let bodies = Parser::new(0)
            .parse_all(module)
            .filter_map(|payload| match payload.unwrap() {
                Payload::CodeSectionEntry(body) => Some(body),
                _ => None,
            });
        let mut operators = bodies
            .take(own)
            .flat_map(|body| body.get_operators_reader().unwrap());
        operators.any(|operator| format!("{operator:?}").contains("AtomicWait"))
    }

    #[test]
    fn waits_are_calls_and_main_is_hidden() {
        let module = wat::parse_str(MODULE).unwrap();
        assert!(waits(&module, 2));
        let prepared = prepare(&module).unwrap();
        Validator::new_with_features(WasmFeatures::all())
            .validate_all(&prepared)
            .unwrap();
        assert!(!waits(&prepared, 2));
        assert!(waits(&prepared, 4));
        assert_eq!(exports(&prepared), ["thread_start", FLAG]);
    }

    #[test]
    fn a_module_without_waits_keeps_its_functions() {
        let module = wat::parse_str(r#"(module (func (export "f") (result i32) (i32.const 1)))"#).unwrap();
        assert_eq!(prepare(&module).unwrap(), module);
        let empty = wat::parse_str("(module)").unwrap();
        assert_eq!(prepare(&empty).unwrap(), empty);
        assert!(prepare(b"text").is_err());
    }
}
