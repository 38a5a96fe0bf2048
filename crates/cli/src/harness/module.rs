//! What a module says about its tests: sections and exports, read without running it.

use std::collections::HashSet;

use threadlink_abi::exports::START;
use threadlink_abi::tests::{SCHEDULES_SECTION, SECTION};
use wasmparser::{BinaryReaderError, DataKind, ExternalKind, FunctionBody, Operator, Parser, Payload};

/// Text that libtest has in its data, whatever else was compiled away: the name of a variable that it reads.
const LIBTEST: &[u8] = b"RUST_TEST_THREADS";

/// Text in what rustdoc builds of documentation tests: the name of a variable that it reads there.
const DOCTESTS: &[u8] = b"RUSTDOC_DOCTEST_RUN_NB_TEST";

/// The parts of a module that matter here.
#[derive(Debug, Default)]
pub(super) struct Module<'a> {
    /// Contents of the custom sections with records.
    pub(super) sections: Vec<&'a [u8]>,
    /// Contents of those that say under how many schedules tests are run.
    pub(super) schedules: Vec<&'a [u8]>,
    /// Names of the exported functions.
    pub(super) functions: HashSet<&'a str>,
    /// Data with the address that it is copied to when the module starts.
    pub(super) data: Vec<Data<'a>>,
}

/// Bytes of the program's memory before it starts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Data<'a> {
    pub(super) address: u32,
    pub(super) bytes: &'a [u8],
}

impl<'a> Module<'a> {
    /// Reads `bytes`; `None` if they are no module, which loading it says better.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        read(bytes).ok()
    }

    /// Whether it has the entry point of a program.
    pub(super) fn starts(&self) -> bool {
        self.functions.contains(START)
    }

    /// Whether this was built by `rustc --test`, with tests of ours or without.
    pub(super) fn is_test(&self) -> bool {
        !self.sections.is_empty() || (!self.starts() && self.has_data(LIBTEST))
    }

    /// Whether this was built by `rustc --test`, and has a libtest that runs its tests.
    pub(super) fn runs_itself(&self) -> bool {
        self.sections.is_empty() && self.starts() && self.has_data(LIBTEST)
    }

    /// Whether this is what rustdoc built of documentation tests: it hands them to libtest, so [`is_test`](Self::is_test)
    /// holds as well.
    pub(super) fn is_doctests(&self) -> bool {
        self.sections.is_empty() && self.has_data(DOCTESTS)
    }

    fn has_data(&self, text: &[u8]) -> bool {
        self.data.iter().any(|data| contains(data.bytes, text))
    }
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// A segment: its bytes, and its address if that stands in the segment itself.
type Segment<'a> = (Option<u32>, &'a [u8]);

fn read(bytes: &[u8]) -> Result<Module<'_>, BinaryReaderError> {
    let mut module = Module::default();
    let mut start = None;
    let mut imported = 0;
    let mut bodies = 0;
    let mut segments: Vec<Segment<'_>> = Vec::new();
    let mut placed = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::CustomSection(section) if section.name() == SECTION => {
                module.sections.push(section.data());
            }
            Payload::CustomSection(section) if section.name() == SCHEDULES_SECTION => {
                module.schedules.push(section.data());
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    if matches!(import?.ty, wasmparser::TypeRef::Func(_)) {
                        imported += 1;
                    }
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        module.functions.insert(export.name);
                    }
                }
            }
            Payload::StartSection { func, .. } => start = Some(func),
            // The linker's start function copies the data of a shared memory to its place.
            Payload::CodeSectionEntry(body) => {
                if start == Some(imported + bodies) {
                    placed = placements(&body)?;
                }
                bodies += 1;
            }
            Payload::DataSection(section) => {
                for data in section {
                    let data = data?;
                    let address = match &data.kind {
                        DataKind::Active { offset_expr, .. } => {
                            match offset_expr.get_operators_reader().read()? {
                                Operator::I32Const { value } => Some(value.cast_unsigned()),
                                _ => None,
                            }
                        }
                        DataKind::Passive => None,
                    };
                    segments.push((address, data.data));
                }
            }
            _ => {}
        }
    }
    module.data = segments
        .into_iter()
        .enumerate()
        .filter_map(|(index, (address, bytes))| {
            let copied = || placed.iter().find(|(segment, _)| *segment as usize == index);
            let address = address.or_else(|| copied().map(|(_, address)| *address))?;
            Some(Data { address, bytes })
        })
        .collect();
    Ok(module)
}

/// Which segment the start function copies where: `memory.init` after three constants, of which the first is the
/// address.
fn placements(body: &FunctionBody<'_>) -> Result<Vec<(u32, u32)>, BinaryReaderError> {
    let mut found = Vec::new();
    let mut constants = Vec::new();
    for operator in body.get_operators_reader()? {
        match operator? {
            Operator::I32Const { value } => constants.push(value.cast_unsigned()),
            Operator::MemoryInit { data_index, .. } => {
                if let [.., address, _, _] = constants.as_slice() {
                    found.push((data_index, *address));
                }
                constants.clear();
            }
            _ => constants.clear(),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_of_a_shared_memory_is_found_where_the_start_function_puts_it() {
        let wat = r#"(module
            (import "env" "memory" (memory 1 1 shared))
            (import "env" "f" (func))
            (func $other i32.const 1 i32.const 2 i32.const 3 memory.init 0)
            (func $init
                i32.const 7 drop
                i32.const 1024 i32.const 0 i32.const 5 memory.init 0
                i32.const 4096 i32.const 0 i32.const 2 memory.init 1)
            (start $init)
            (data "first")
            (data "xy")
            (data "never copied"))"#;
        let bytes = wat::parse_str(wat).expect("a module");
        let module = Module::read(&bytes).expect("it parses");
        let expected = [
            Data {
                address: 1024,
                bytes: b"first",
            },
            Data {
                address: 4096,
                bytes: b"xy",
            },
        ];
        assert_eq!(module.data, expected);
    }

    #[test]
    fn a_test_build_is_known_by_its_records_or_by_libtest() {
        let is_test = |wat: &str| {
            let bytes = wat::parse_str(wat).expect("a module");
            Module::read(&bytes).expect("it parses").is_test()
        };
        assert!(is_test(r#"(module (@custom "threadlink.tests" "x"))"#));
        let libtest = r#"(memory 1) (data (i32.const 8) "..RUST_TEST_THREADS..")"#;
        assert!(is_test(&format!("(module {libtest})")));
        assert!(!is_test(&format!(
            r#"(module {libtest} (func (export "_start")))"#
        )));
        let doctests = r#"(module (memory 1) (data (i32.const 8) "RUSTDOC_DOCTEST_RUN_NB_TEST"))"#;
        let bytes = wat::parse_str(doctests).expect("a module");
        assert!(Module::read(&bytes).expect("it parses").is_doctests());
        assert!(!is_test("(module)"));
        assert!(Module::read(b"\0asm").is_none());
    }
}
