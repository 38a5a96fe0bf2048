//! The exports of a module that a page can call, as TypeScript has them.

use std::collections::HashMap;
use std::fmt::Write as _;

use threadlink_abi::exports::{FREE, LINKER_EXPORTS, MALLOC, START, THREAD_START};
use wasmparser::{CompositeInnerType, ExternalKind, FuncType, Parser, Payload, TypeRef, ValType};

/// What a linker exports of every program: C's `main`, which is none of the program's own.
const C_MAIN: &str = "main";

/// One `call` an export with numbers, each with its indentation; in the order of the module.
///
/// # Errors
/// What is wrong with the module.
pub(super) fn calls(module: &[u8]) -> Result<String, wasmparser::BinaryReaderError> {
    let mut text = String::new();
    for (name, ty) in functions(module)? {
        let hidden = [THREAD_START, START, MALLOC, FREE, C_MAIN].contains(&name.as_str())
            || LINKER_EXPORTS.contains(&name.as_str());
        let (Some(params), Some(result)) = (params(&ty), result(&ty)) else {
            continue;
        };
        if !hidden {
            // A name is any text in WebAssembly; as JSON it is one in TypeScript as well.
            let name = serde_json::Value::from(name);
            let _ = writeln!(text, "  call(name: {name}{params}): Promise<{result}>;");
        }
    }
    Ok(text)
}

/// The exported functions with their types.
fn functions(module: &[u8]) -> Result<Vec<(String, FuncType)>, wasmparser::BinaryReaderError> {
    let (mut types, mut functions, mut exports) = (HashMap::new(), Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::TypeSection(section) => {
                let all = section.into_iter();
                for group in all {
                    for ty in group?.into_types() {
                        let index = types.len();
                        let CompositeInnerType::Func(ty) = ty.composite_type.inner else {
                            types.insert(index, None);
                            continue;
                        };
                        types.insert(index, Some(ty));
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    if let TypeRef::Func(ty) = import?.ty {
                        functions.push(ty);
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    functions.push(ty?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        exports.push((export.name.to_owned(), export.index));
                    }
                }
            }
            _ => {}
        }
    }
    let ty = |index: u32| types.get(&(*functions.get(index as usize)? as usize))?.clone();
    Ok(exports
        .into_iter()
        .filter_map(|(name, index)| Some((name, ty(index)?)))
        .collect())
}

fn number(ty: ValType) -> Option<&'static str> {
    match ty {
        ValType::I32 | ValType::F32 | ValType::F64 => Some("number"),
        ValType::I64 => Some("bigint"),
        _ => None,
    }
}

fn params(ty: &FuncType) -> Option<String> {
    ty.params()
        .iter()
        .enumerate()
        .map(|(index, ty)| Some(format!(", p{index}: {}", number(*ty)?)))
        .collect()
}

fn result(ty: &FuncType) -> Option<&'static str> {
    match ty.results() {
        [] => Some("void"),
        [one] => number(*one),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_with_numbers_are_calls() {
        let module = wat::parse_str(
            r#"(module
                (import "threadlink" "exit" (func $exit (param i32)))
                (func (export "_start"))
                (func (export "thread_start") (param i32))
                (func (export "main") (param i32 i32) (result i32) (i32.const 0))
                (func (export "scale") (param i32 i64 f64) (result f64) (local.get 2))
                (func (export "said \"so\""))
                (func (export "two") (result i32 i32) (i32.const 1) (i32.const 2))
                (func (export "reference") (param externref))
                (export "leave" (func $exit))
                (global (export "number") i32 (i32.const 1)))"#,
        )
        .unwrap();
        let expected = "  call(name: \"scale\", p0: number, p1: bigint, p2: number): Promise<number>;\n  \
                        call(name: \"said \\\"so\\\"\"): Promise<void>;\n  \
                        call(name: \"leave\", p0: number): Promise<void>;\n";
        assert_eq!(calls(&module).unwrap(), expected);
        assert_eq!(calls(&wat::parse_str("(module)").unwrap()).unwrap(), "");
        assert!(calls(b"text").is_err());
    }
}
