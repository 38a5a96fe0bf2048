//! Which code changes something of its instance that the next thread on that instance would find changed. Memory is every
//! thread's, and globals are put back ([`globals`](super::globals)); the rest is tables, segments that can be dropped, and
//! collected objects, to which an immutable global or a table can lead.

use wasmparser::Operator;

/// What the names of such instructions begin with.
const STATEFUL: [&str; 5] = ["Table", "Elem", "Data", "Struct", "Array"];

/// What the names of those have in them that look at a thing or make a new one. Everything else counts as a change: what
/// does not exist today cannot be known.
const HARMLESS: [&str; 5] = ["Get", "Size", "Len", "StructNew", "ArrayNew"];

const fn is_at(name: &str, part: &str, at: usize) -> bool {
    let (name, part) = (name.as_bytes(), part.as_bytes());
    if at + part.len() > name.len() {
        return false;
    }
    let mut index = 0;
    while index < part.len() {
        if name[at + index] != part[index] {
            return false;
        }
        index += 1;
    }
    true
}

const fn has(name: &str, part: &str) -> bool {
    let mut at = 0;
    while at < name.len() {
        if is_at(name, part, at) {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether the instruction that the parser gives this name changes its instance.
const fn is_change(name: &str) -> bool {
    let (mut stateful, mut harmless) = (false, false);
    let mut index = 0;
    while index < STATEFUL.len() {
        stateful |= is_at(name, STATEFUL[index], 0);
        harmless |= has(name, HARMLESS[index]);
        index += 1;
    }
    stateful && !harmless
}

/// Asks [`is_change`] of every instruction that the parser knows, when this is compiled.
macro_rules! changes {
    ($(@$proposal:ident $op:ident $({ $($payload:tt)* })? => $visit:ident ($($ann:tt)*))*) => {
        fn changes(operator: &Operator<'_>) -> bool {
            match operator {
                $(Operator::$op { .. } => const { is_change(stringify!($op)) },)*
                // The parser may have others one day.
                _ => true,
            }
        }

        #[cfg(test)]
        const NAMES: &[&str] = &[$(stringify!($op)),*];
    };
}

wasmparser::for_each_operator!(changes);

/// Whether an instance changes while it runs, found out function by function.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Functions that exports, globals and tables refer to, of which a module tells before it names its start function.
    early: Vec<u32>,
    start: Option<u32>,
    /// The start function drops segments, as the one that the linker makes does. It has run before any thread does.
    start_drops: bool,
    /// Something else may call it.
    start_is_known: bool,
    changes: bool,
}

impl State {
    /// The module's start function, of which the module tells before its code.
    pub(super) fn start(&mut self, function: u32) {
        self.start = Some(function);
        self.start_is_known |= self.early.contains(&function);
    }

    /// A function that an export or a constant expression refers to.
    pub(super) fn refers(&mut self, function: u32) {
        self.early.push(function);
        self.known(function);
    }

    fn known(&mut self, function: u32) {
        self.start_is_known |= self.start == Some(function);
    }

    /// Takes note of an instruction of a function.
    pub(super) fn note(&mut self, function: u32, operator: &Operator<'_>) {
        match operator {
            Operator::Call { function_index }
            | Operator::ReturnCall { function_index }
            | Operator::RefFunc { function_index } => self.known(*function_index),
            Operator::DataDrop { .. } | Operator::ElemDrop { .. } if self.start == Some(function) => {
                self.start_drops = true;
            }
            _ => self.changes |= changes(operator),
        }
    }

    /// Something that others can change from outside.
    pub(super) fn is_shared(&mut self) {
        self.changes = true;
    }

    /// Whether a later thread could notice that another one has run.
    pub(super) fn may_change(&self) -> bool {
        self.changes || (self.start_drops && self.start_is_known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_that_change_tables_segments_and_objects_are_told_from_those_that_look() {
        let changes: Vec<_> = NAMES.iter().copied().filter(|name| is_change(name)).collect();
        for name in [
            "TableSet",
            "TableGrow",
            "TableFill",
            "TableCopy",
            "TableInit",
            "TableAtomicRmwCmpxchg",
            "ElemDrop",
            "DataDrop",
            "StructSet",
            "StructAtomicRmwAdd",
            "ArraySet",
            "ArrayFill",
            "ArrayCopy",
            "ArrayInitData",
            "ArrayInitElem",
        ] {
            assert!(changes.contains(&name), "{name}");
        }
        for name in [
            "TableGet",
            "TableSize",
            "StructGetS",
            "StructNewDefault",
            "ArrayNewElem",
            "ArrayLen",
            "Drop",
            "BrTable",
            "TryTable",
            "MemoryInit",
            "I32Store",
        ] {
            assert!(NAMES.contains(&name) && !changes.contains(&name), "{name}");
        }
    }

    #[test]
    fn what_the_parser_calls_set_or_drop_is_of_memory_of_a_local_or_global_or_a_change() {
        for name in NAMES
            .iter()
            .filter(|name| name.contains("Set") || name.ends_with("Drop"))
        {
            let other = ["Drop", "Local", "Global"]
                .iter()
                .any(|start| name.starts_with(start));
            assert!(is_change(name) || other, "{name}");
        }
    }
}
