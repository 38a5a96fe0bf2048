//! Which instructions get a point. Points everywhere drown a bug in those of the allocator and of starting threads, and names
//! of functions tell nothing where the program's code is inlined into std's. What tells is the debug information of each
//! instruction: the functions of the source that it stands in.

use std::collections::{HashMap, HashSet};

use wasmparser::{Operator, Parser, Payload, Result, TypeRef};

use super::Points;
use crate::backtrace::{demangle, is_programs};
use crate::load::rewrite::Origin;
use crate::symbols::Symbols;

/// Where points go: offsets of instructions, in their order.
pub(super) struct Chosen {
    pub(super) offsets: Vec<u64>,
    pub(super) unknown: bool,
}

/// What the names of functions have in them whose atomic accesses no program means: those count references, allocate, and
/// print.
const MEANT_BY_NOBODY: [&str; 14] = [
    "alloc::sync::Arc",
    "alloc::sync::Weak",
    "alloc::alloc::",
    "alloc::raw_vec",
    "alloc::fmt",
    "core::fmt",
    "dlmalloc",
    "threadlink_rt::alloc",
    "__rust_alloc",
    "__rust_dealloc",
    "__rust_realloc",
    "__rdl_",
    "panicking",
    "std::io::stdio",
];

fn is_meant(name: &str) -> bool {
    !MEANT_BY_NOBODY.iter().any(|part| name.contains(part))
}

/// What an instruction may be a point for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Atomic,
    Plain,
    Loop,
    Call(u32),
}

/// What is read of a function.
struct Function {
    start: u64,
    found: Vec<(u64, Kind)>,
}

pub(super) fn choose(
    module: &[u8],
    origin: Option<&Origin>,
    symbols: &Symbols,
    wanted: Points,
) -> Result<Chosen> {
    let (imported, functions) = read(module)?;
    let chains = Chains { origin, symbols };
    let unknown = !symbols.are_there();
    let mut offsets = Vec::new();
    if unknown || wanted == Points::All {
        let is_wanted = |kind: Kind| match kind {
            Kind::Atomic => true,
            Kind::Plain => wanted == Points::Plain,
            Kind::Loop => wanted == Points::Loops,
            Kind::Call(_) => false,
        };
        let found = functions.iter().flat_map(|function| &function.found);
        offsets.extend(found.filter(|(_, kind)| is_wanted(*kind)).map(|(at, _)| *at));
    } else {
        let reaching = reaching(imported, &functions, &chains);
        for (at, kind) in functions.iter().flat_map(|function| &function.found) {
            let is_wanted = match kind {
                Kind::Atomic => chains.of_program(*at, is_meant),
                Kind::Plain => wanted == Points::Plain && chains.of_program(*at, |_| true),
                Kind::Loop => wanted == Points::Loops && chains.of_program(*at, |_| true),
                // Inside a function of the program's own the points are its own.
                Kind::Call(callee) => {
                    reaching.get(callee) == Some(&Whose::Other) && chains.of_program(*at, is_meant)
                }
            };
            if is_wanted {
                offsets.push(*at);
            }
        }
    }
    offsets.sort_unstable();
    Ok(Chosen { offsets, unknown })
}

/// Whose a function is that gets to an atomic access.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Program,
    Other,
}

/// The functions from which an atomic access can be reached by calls, without those that nobody means.
fn reaching(imported: u32, functions: &[Function], chains: &Chains<'_>) -> HashMap<u32, Whose> {
    let mut callers: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut due = Vec::new();
    for (index, function) in (imported..).zip(functions) {
        for (_, kind) in &function.found {
            match kind {
                Kind::Call(callee) => callers.entry(*callee).or_default().push(index),
                Kind::Atomic => due.push(index),
                Kind::Plain | Kind::Loop => {}
            }
        }
    }
    // What waits, wakes, starts and joins in the host is a point there, but what leads to it is what a program calls.
    due.extend(0..imported);
    let mut seen: HashSet<u32> = HashSet::new();
    let mut reaching = HashMap::new();
    while let Some(index) = due.pop() {
        if !seen.insert(index) {
            continue;
        }
        if let Some(function) = index
            .checked_sub(imported)
            .and_then(|at| functions.get(at as usize))
        {
            let (meant, whose) = chains.of_function(function.start);
            if !meant {
                continue;
            }
            reaching.insert(index, whose);
        }
        due.extend(callers.get(&index).into_iter().flatten());
    }
    reaching
}

/// What the functions of the source are that an instruction stands in.
struct Chains<'a> {
    origin: Option<&'a Origin>,
    symbols: &'a Symbols,
}

impl Chains<'_> {
    /// Their names, innermost first, and whether each is the program's own.
    fn at(&self, offset: u64) -> Vec<(String, bool)> {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let offset = self.origin.map_or(offset, |origin| origin.offset(offset));
        let symbols = self.symbols.at(offset).into_iter();
        symbols
            .map(|symbol| {
                let name = symbol.name.as_deref().map(demangle).unwrap_or_default();
                let own = symbol.name.is_some() && is_programs(&name, symbol.place.as_deref());
                (name, own)
            })
            .collect()
    }

    /// Whether one of them is the program's own, and all that it has inlined are such that `passes` says so of their names.
    fn of_program(&self, offset: u64, passes: impl Fn(&str) -> bool) -> bool {
        for (name, own) in self.at(offset) {
            if own {
                return true;
            }
            if !passes(&name) {
                return false;
            }
        }
        false
    }

    /// Whether the function that begins there is one whose accesses somebody means, and whose it is.
    fn of_function(&self, start: u64) -> (bool, Whose) {
        match self.at(start).last() {
            Some((name, own)) => (is_meant(name), if *own { Whose::Program } else { Whose::Other }),
            None => (true, Whose::Other),
        }
    }
}

/// The number of imported functions, and what there is in the others.
fn read(module: &[u8]) -> Result<(u32, Vec<Function>)> {
    let mut imported = 0;
    let mut functions = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => {
                let mut operators = body.get_operators_reader()?;
                let mut function = Function {
                    start: operators.original_position(),
                    found: Vec::new(),
                };
                while !operators.eof() {
                    let at = operators.original_position();
                    if let Some(kind) = kind(&operators.read()?) {
                        function.found.push((at, kind));
                    }
                }
                functions.push(function);
            }
            _ => {}
        }
    }
    Ok((imported, functions))
}

fn kind(operator: &Operator<'_>) -> Option<Kind> {
    match operator {
        Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
            Some(Kind::Call(*function_index))
        }
        Operator::Loop { .. } => Some(Kind::Loop),
        _ => accesses(operator),
    }
}

/// Whether an instruction reads or writes memory, and how, by the name that the parser has for it: those that load, store, read,
/// modify or compare.
macro_rules! accesses {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        fn accesses(operator: &Operator<'_>) -> Option<Kind> {
            match operator {
                $(Operator::$op { .. } => const { access(stringify!($op), accesses!(@memory $($($arg)*)?)) },)*
                _ => None,
            }
        }
    };
    (@memory memarg $($rest:ident)*) => { true };
    (@memory $other:ident $($rest:ident)*) => { accesses!(@memory $($rest)*) };
    (@memory) => { false };
}

wasmparser::for_each_operator!(accesses);

/// `memory` says that it has the operand of accesses. Those that wait and notify are calls by now.
const fn access(name: &str, memory: bool) -> Option<Kind> {
    if !memory {
        return None;
    }
    let (name, atomic) = (name.as_bytes(), b"Atomic");
    let mut at = 0;
    while at + atomic.len() <= name.len() {
        let mut same = 0;
        while same < atomic.len() && name[at + same] == atomic[same] {
            same += 1;
        }
        if same == atomic.len() {
            return Some(Kind::Atomic);
        }
        at += 1;
    }
    Some(Kind::Plain)
}
