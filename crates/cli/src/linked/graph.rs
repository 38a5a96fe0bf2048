//! Who calls whom in a module: its functions by name, and their direct calls.

use std::collections::{BTreeMap, HashMap};

use wasmparser::{BinaryReaderError, KnownCustom, Name, Operator, Parser, Payload, TypeRef};

/// The functions of a module, imported ones first, as wasm counts them.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Module and name of each imported function.
    pub(super) imports: Vec<(String, String)>,
    /// Symbols, where the module still has them.
    names: HashMap<u32, String>,
    /// Who calls a function, and where in the module each of them does so first.
    callers: HashMap<u32, BTreeMap<u32, usize>>,
}

impl Graph {
    /// Reads a module.
    pub(super) fn read(module: &[u8]) -> Result<Graph, BinaryReaderError> {
        let mut graph = Graph::default();
        let mut next = 0_u32;
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        if let TypeRef::Func(_) = import.ty {
                            graph
                                .imports
                                .push((import.module.to_owned(), import.name.to_owned()));
                            next += 1;
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    for item in body.get_operators_reader()?.into_iter_with_offsets() {
                        if let (
                            Operator::Call { function_index } | Operator::ReturnCall { function_index },
                            at,
                        ) = item?
                        {
                            let callers = graph.callers.entry(function_index).or_default();
                            callers
                                .entry(next)
                                .or_insert(usize::try_from(at).unwrap_or(usize::MAX));
                        }
                    }
                    next += 1;
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        for part in names.into_iter().map_while(Result::ok) {
                            if let Name::Function(map) = part {
                                let known = map.into_iter().map_while(Result::ok);
                                graph
                                    .names
                                    .extend(known.map(|naming| (naming.index, naming.name.to_owned())));
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(graph)
    }

    /// All functions that have names.
    pub(super) fn named(&self) -> impl Iterator<Item = (u32, &str)> {
        self.names.iter().map(|(index, name)| (*index, name.as_str()))
    }

    /// Who calls this function, and where.
    pub(super) fn callers(&self, function: u32) -> impl Iterator<Item = (u32, usize)> {
        let callers = self.callers.get(&function);
        callers.into_iter().flatten().map(|(caller, at)| (*caller, *at))
    }
}
