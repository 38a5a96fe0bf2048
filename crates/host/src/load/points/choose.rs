//! Which instructions get a point. Points everywhere drown a bug in those of the allocator and of starting threads, and names
//! of functions tell nothing where the program's code is inlined into std's. What tells is the debug information of each
//! instruction: the functions of the source that it stands in.

use std::collections::{HashMap, HashSet};

use wasmparser::{Operator, Parser, Payload, Result, TypeRef};

use super::Points;
use super::whose::{Meant, Source, Whose};
use crate::load::rewrite::Origin;
use crate::symbols::Symbols;

/// Where points go: offsets of instructions, in their order.
pub(super) struct Chosen {
    pub(super) offsets: Vec<u64>,
    pub(super) unknown: bool,
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
    let starts = functions.iter().map(|function| function.start);
    let source = Source::of(module, origin, symbols, starts);
    let unknown = source.is_nothing();
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
        let meant = meant(imported, &functions, &source);
        let reaching = reaching(imported, &functions, &source, meant);
        for (index, function) in (imported..).zip(&functions) {
            for (at, kind) in &function.found {
                let of_program = |passes: &dyn Fn(&str) -> bool| source.of_program(index, *at, passes);
                let is_meant = |name: &str| meant.contains(name);
                let is_wanted = match kind {
                    Kind::Atomic => of_program(&is_meant),
                    Kind::Plain => wanted == Points::Plain && of_program(&|_| true),
                    Kind::Loop => wanted == Points::Loops && of_program(&|_| true),
                    // Inside a function of the program's own the points are its own.
                    Kind::Call(callee) => {
                        reaching.get(callee) == Some(&Whose::Other) && of_program(&is_meant)
                    }
                };
                if is_wanted {
                    offsets.push(*at);
                }
            }
        }
    }
    offsets.sort_unstable();
    Ok(Chosen { offsets, unknown })
}

/// What the program means: if it asks how many references there are, how they are counted decides what it does.
fn meant(imported: u32, functions: &[Function], source: &Source<'_>) -> Meant {
    let start = |index: u32| {
        let at = index.checked_sub(imported)?;
        Some(functions.get(at as usize)?.start)
    };
    let telling: HashSet<u32> = reaching(imported, functions, source, Meant::Counts)
        .into_keys()
        .filter(|index| start(*index).is_some_and(|start| source.is_one_that_tells_counts(start)))
        .collect();
    let asks = |(index, function): (u32, &Function)| {
        function.found.iter().any(|(at, kind)| match kind {
            Kind::Atomic => source.tells_counts(*at),
            Kind::Call(callee) => telling.contains(callee) && source.of_program(index, *at, |_| false),
            Kind::Plain | Kind::Loop => false,
        })
    };
    if (imported..).zip(functions).any(asks) {
        Meant::Counts
    } else {
        Meant::Order
    }
}

/// The functions from which an atomic access can be reached by calls, without those that nobody means.
fn reaching(imported: u32, functions: &[Function], source: &Source<'_>, meant: Meant) -> HashMap<u32, Whose> {
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
            let (is_meant, whose) = source.of_function(index, function.start, meant);
            if !is_meant {
                continue;
            }
            reaching.insert(index, whose);
        }
        due.extend(callers.get(&index).into_iter().flatten());
    }
    reaching
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
