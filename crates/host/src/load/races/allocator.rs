//! Which functions allocate, and which only serve those: what they do with memory is their own business, and who frees a block
//! and who gets it next have nothing to do with each other.

use std::collections::{HashMap, HashSet};

use wasmparser::{
    ElementItems, ExternalKind, FuncType, KnownCustom, Name, Operator, Parser, Payload, Result, TypeRef,
    ValType,
};

use crate::backtrace::origin::demangle;

/// What a function does that allocates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// `(size, align) -> address`.
    Allocate,
    /// `(address, size, align)`.
    Free,
    /// `(address, size, align, size) -> address`.
    Reallocate,
}

impl Role {
    /// That of the function by which programs get to their allocator, whichever that is: rustc gives it this name.
    fn of(name: &str) -> Option<Self> {
        Some(match name.rsplit("::").next()? {
            "__rust_alloc" | "__rust_alloc_zeroed" => Self::Allocate,
            "__rust_dealloc" => Self::Free,
            "__rust_realloc" => Self::Reallocate,
            _ => return None,
        })
    }

    /// What it takes, and whether it returns an address.
    pub(super) fn shape(self) -> (u32, bool) {
        match self {
            Self::Allocate => (2, true),
            Self::Free => (3, false),
            Self::Reallocate => (4, true),
        }
    }
}

/// What is known of a module's functions.
#[derive(Default)]
pub(super) struct Functions {
    /// How many it imports.
    pub(super) imported: u32,
    /// Of those that it defines, how many values they take.
    pub(super) params: Vec<u32>,
    /// The types of these.
    pub(super) types: Vec<u32>,
    pub(super) roles: HashMap<u32, Role>,
    /// Those that nobody calls but functions that allocate, and private code.
    pub(super) servants: HashSet<u32>,
}

impl Functions {
    /// Reads a module. Calls at offsets of which `is_private` says so are none of the program's.
    pub(super) fn read(module: &[u8], is_private: &dyn Fn(usize) -> bool) -> Result<Self> {
        let mut functions = Self::default();
        let mut types: Vec<Option<FuncType>> = Vec::new();
        let mut callers: HashMap<u32, Vec<u32>> = HashMap::new();
        // Whoever is named elsewhere than in a call is called by anybody.
        let mut called_by_anybody = HashSet::new();
        let mut names = Vec::new();
        let mut index = 0;
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        for ty in group?.into_types() {
                            types.push(match ty.composite_type.inner {
                                wasmparser::CompositeInnerType::Func(ty) => Some(ty),
                                _ => None,
                            });
                        }
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        functions.imported +=
                            u32::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                    }
                    index = functions.imported;
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        let ty = ty?;
                        let known = types.get(ty as usize).and_then(Option::as_ref);
                        functions
                            .params
                            .push(known.map_or(0, |ty| u32::try_from(ty.params().len()).unwrap_or(u32::MAX)));
                        functions.types.push(ty);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            called_by_anybody.insert(export.index);
                        }
                    }
                }
                Payload::StartSection { func, .. } => {
                    called_by_anybody.insert(func);
                }
                Payload::ElementSection(section) => {
                    for element in section {
                        match element?.items {
                            ElementItems::Functions(items) => {
                                for item in items {
                                    called_by_anybody.insert(item?);
                                }
                            }
                            ElementItems::Expressions(_, items) => {
                                for item in items {
                                    named(&mut item?.get_operators_reader(), &mut called_by_anybody)?;
                                }
                            }
                        }
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        named(
                            &mut global?.init_expr.get_operators_reader(),
                            &mut called_by_anybody,
                        )?;
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let mut operators = body.get_operators_reader()?;
                    while !operators.eof() {
                        let at = operators.original_position();
                        match operators.read()? {
                            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                                let callers = callers.entry(function_index).or_default();
                                if callers.last() != Some(&index)
                                    && !is_private(usize::try_from(at).unwrap_or(usize::MAX))
                                {
                                    callers.push(index);
                                }
                            }
                            Operator::RefFunc { function_index } => {
                                called_by_anybody.insert(function_index);
                            }
                            _ => {}
                        }
                    }
                    index += 1;
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(section) = section.as_known() {
                        // Damaged ones name nothing.
                        for part in section.into_iter().map_while(Result::ok) {
                            if let Name::Function(map) = part {
                                names.extend(
                                    map.into_iter()
                                        .map_while(Result::ok)
                                        .map(|name| (name.index, name.name)),
                                );
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        for (index, name) in names {
            let Some(role) = Role::of(&demangle(name)) else {
                continue;
            };
            let at = index.checked_sub(functions.imported).map(|at| at as usize);
            let ty = at
                .and_then(|at| functions.types.get(at))
                .and_then(|ty| types.get(*ty as usize));
            let (params, returns) = role.shape();
            let fits = ty.and_then(Option::as_ref).is_some_and(|ty| {
                ty.params() == vec![ValType::I32; params as usize]
                    && ty.results() == vec![ValType::I32; usize::from(returns)]
            });
            if fits {
                functions.roles.insert(index, role);
            }
        }
        functions.find_servants(&callers, &called_by_anybody);
        Ok(functions)
    }

    fn find_servants(&mut self, callers: &HashMap<u32, Vec<u32>>, called_by_anybody: &HashSet<u32>) {
        loop {
            let serves = |index: &u32| self.roles.contains_key(index) || self.servants.contains(index);
            let found: Vec<u32> = callers
                .iter()
                .filter(|(index, callers)| {
                    **index >= self.imported
                        && !serves(index)
                        && !called_by_anybody.contains(index)
                        && callers.iter().all(serves)
                })
                .map(|(index, _)| *index)
                .collect();
            if found.is_empty() {
                return;
            }
            self.servants.extend(found);
        }
    }
}

/// Adds the functions that a constant expression names.
fn named(operators: &mut wasmparser::OperatorsReader<'_>, to: &mut HashSet<u32>) -> Result<()> {
    while !operators.eof() {
        if let Operator::RefFunc { function_index } = operators.read()? {
            to.insert(function_index);
        }
    }
    Ok(())
}
