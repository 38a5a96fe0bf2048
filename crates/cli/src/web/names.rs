//! The names of functions in a module, as people know them: engines show them as they stand in its name section, and Rust's are
//! mangled.

use rustc_demangle::demangle;
use wasmparser::{BinaryReader, BinaryReaderError, KnownCustom, Name, NameSectionReader, Parser, Payload};

/// The section's own name, and the part of it with functions.
const SECTION: &str = "name";
const FUNCTIONS: u8 = 1;

/// A copy of a module whose functions are called as in the source, if it says what they are called.
///
/// # Errors
/// What is wrong with the module.
pub(super) fn readable(module: &[u8]) -> Result<Vec<u8>, BinaryReaderError> {
    let mut copy = module.get(..8).unwrap_or(module).to_vec();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        let Some((id, range)) = payload.as_section() else {
            continue;
        };
        // What was parsed lies inside.
        let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(module.len());
        let body = &module[at(range.start)..at(range.end)];
        match &payload {
            Payload::CustomSection(custom) => match custom.as_known() {
                KnownCustom::Name(names) => section(&mut copy, id, &with_names(names, body)?),
                _ => section(&mut copy, id, body),
            },
            _ => section(&mut copy, id, body),
        }
    }
    Ok(copy)
}

/// The body of the name section with the functions' names made readable, the rest as it is.
fn with_names(names: NameSectionReader<'_>, body: &[u8]) -> Result<Vec<u8>, BinaryReaderError> {
    let mut made = Vec::new();
    text(&mut made, SECTION);
    let mut rest = BinaryReader::new(body, 0);
    rest.read_string()?;
    for part in names {
        let part = part?;
        let (id, length) = (rest.read_u8()?, rest.read_var_u32()?);
        let bytes = rest.read_bytes(usize::try_from(length).unwrap_or(usize::MAX))?;
        let Name::Function(functions) = part else {
            section(&mut made, id, bytes);
            continue;
        };
        let mut list = Vec::new();
        number(&mut list, functions.clone().count());
        for naming in functions {
            let naming = naming?;
            number(&mut list, usize::try_from(naming.index).unwrap_or(usize::MAX));
            text(&mut list, &format!("{:#}", demangle(naming.name)));
        }
        section(&mut made, FUNCTIONS, &list);
    }
    Ok(made)
}

fn section(bytes: &mut Vec<u8>, id: u8, body: &[u8]) {
    bytes.push(id);
    number(bytes, body.len());
    bytes.extend_from_slice(body);
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    number(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}

/// As LEB128 has it.
fn number(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(module: &[u8]) -> Vec<(u32, String)> {
        let mut found = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            let Payload::CustomSection(custom) = payload.unwrap() else {
                continue;
            };
            let KnownCustom::Name(names) = custom.as_known() else {
                continue;
            };
            for part in names {
                if let Name::Function(functions) = part.unwrap() {
                    let functions = functions.into_iter().map(Result::unwrap);
                    found.extend(functions.map(|naming| (naming.index, naming.name.to_owned())));
                }
            }
        }
        found
    }

    #[test]
    fn functions_are_called_as_in_the_source_and_the_rest_stays() {
        let module = wat::parse_str(
            r#"(module $m
                (func $_ZN4core9panicking5panic17h0123456789abcdefE (local $kept i32))
                (func $_RNvCs1234_7mycrate3foo)
                (func $plain (export "f"))
                (data "bytes") (memory 1))"#,
        )
        .unwrap();
        let copy = readable(&module).unwrap();
        let expected = [(0, "core::panicking::panic"), (1, "mycrate::foo"), (2, "plain")];
        assert_eq!(
            names(&copy),
            expected.map(|(index, name)| (index, name.to_owned()))
        );
        // All else is as it was: what is readable stays so.
        assert_eq!(readable(&copy).unwrap(), copy);
        let text = String::from_utf8_lossy(&copy).into_owned();
        assert!(text.contains("kept") && text.contains("bytes"));
        assert!(wasmparser::validate(&copy).is_ok());
    }

    #[test]
    fn a_module_without_names_is_what_it_was() {
        let module = wat::parse_str("(module (func) (memory 1))").unwrap();
        assert_eq!(readable(&module).unwrap(), module);
        assert!(readable(b"\0asm\x01\0\0\0\x0a\xff").is_err());
    }
}
