//! Whose code an instruction is: what the debug information says of it, or else the name of its function.
//!
//! Names are mangled with the types that a function was made for. So one of std's that has the program's own code in it, as it
//! was made for a closure of the program's, has that in its name.

use std::collections::HashMap;

use wasmparser::{KnownCustom, Name, Parser, Payload};

use crate::backtrace::origin::{demangle, has_other_crates, is_programs};
use crate::load::rewrite::Origin;
use crate::symbols::Symbols;

/// What counts references.
const COUNTS: [&str; 2] = ["alloc::sync::Arc", "alloc::sync::Weak"];
/// The functions of these that count and do not tell how many there are. All others that get to an atomic access do.
const ONLY_COUNT: [&str; 4] = ["clone", "drop", "drop_slow", "downgrade"];

/// What the names of functions have in them whose atomic accesses no program means: those allocate, and print.
const MEANT_BY_NOBODY: [&str; 12] = [
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

/// What else these have in them where names alone tell whose code it is: what starts and ends a thread, which the host sees
/// anyway. It stands in functions that were made for the closure of a thread, beside the closure.
const STARTS_AND_ENDS: [&str; 6] = [
    "std::thread::spawnhook",
    "std::thread::id",
    "std::sys::guest",
    "threadlink::thread::packet",
    "threadlink::thread::scope_data",
    "threadlink::backend::imp::thread::closure_returned",
];

/// Which accesses of libraries a program means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant {
    /// Those that count references, too: it goes on by how many there are.
    Counts,
    /// Those that order something.
    Order,
}

impl Meant {
    pub(super) fn contains(self, name: &str) -> bool {
        !self.others().any(|part| name.contains(part))
    }

    /// Whether that is so of a function that was made for types: what it is comes first in its name.
    fn contains_first(self, name: &str) -> bool {
        let name = name.trim_start_matches(['<', '&']);
        !self.others().any(|part| name.starts_with(part))
    }

    /// Whether that is so of a function that has nothing of the program's in it.
    fn contains_path(self, name: &str) -> bool {
        let path = path(name);
        self.contains(&path) && !STARTS_AND_ENDS.iter().any(|part| path.starts_with(part)) && !is_spawn(&path)
    }

    fn others(self) -> impl Iterator<Item = &'static str> {
        let counts = COUNTS.iter().filter(move |_| self == Self::Order);
        counts.chain(&MEANT_BY_NOBODY).copied()
    }
}

/// What a function is, without the types that it, or the type that it belongs to, was made for.
fn path(name: &str) -> String {
    let mut path = String::new();
    let mut inside = 0_usize;
    let mut last = ' ';
    for char in name.trim_start_matches(['<', '&']).chars() {
        match char {
            '<' => inside += 1,
            // Not that of `fn() -> u32`.
            '>' if last != '-' => inside = inside.saturating_sub(1),
            _ if inside == 0 => path.push(char),
            _ => {}
        }
        last = char;
    }
    path
}

/// Whether a function with this path starts a thread. It does not run the thread's closure, which has functions of its own.
fn is_spawn(path: &str) -> bool {
    let inside = ["std::thread::", "threadlink::thread::"]
        .iter()
        .find_map(|module| path.strip_prefix(module));
    inside.is_some_and(|inside| {
        !inside.contains('{') && inside.split("::").any(|part| part.starts_with("spawn"))
    })
}

/// Whether it is a function that counts references, and tells how many there are.
fn tells_counts(name: &str) -> bool {
    let path = name.trim_start_matches(['<', '&']);
    let last = name.rsplit("::").next().unwrap_or_default();
    COUNTS.iter().any(|part| path.starts_with(part)) && !ONLY_COUNT.contains(&last)
}

/// Whose a function is that gets to an atomic access.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Program,
    Other,
}

/// What tells whose code it is.
pub(super) enum Source<'a> {
    /// The functions of the source that each instruction stands in.
    Lines {
        origin: Option<&'a Origin>,
        symbols: &'a Symbols,
    },
    /// The names of functions, by their numbers; what was inlined into one counts as its own.
    Names(HashMap<u32, String>),
    Nothing,
}

impl<'a> Source<'a> {
    /// What there is of a module whose functions begin there.
    pub(super) fn of(
        module: &[u8],
        origin: Option<&'a Origin>,
        symbols: &'a Symbols,
        mut starts: impl Iterator<Item = u64>,
    ) -> Self {
        let lines = Self::Lines { origin, symbols };
        // A program that was built without may have that of std alone.
        if symbols.are_there()
            && starts.any(|start| lines.of_function(0, start, Meant::Order).1 == Whose::Program)
        {
            return lines;
        }
        let names = names(module);
        if names.is_empty() {
            Self::Nothing
        } else {
            Self::Names(names)
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// Whether an instruction of this function is the program's own: there, all that is inlined between must be such that
    /// `passes` says so of its name.
    pub(super) fn of_program(&self, function: u32, offset: u64, passes: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Lines { origin, symbols } => {
                for (name, own) in chain(*origin, symbols, offset) {
                    if own {
                        return true;
                    }
                    if !passes(&name) {
                        return false;
                    }
                }
                false
            }
            Self::Names(names) => names.get(&function).is_some_and(|name| {
                is_own(name) && Meant::Order.contains_first(name) && !is_spawn(&path(name))
            }),
            Self::Nothing => true,
        }
    }

    /// Whether an instruction of this function stands in a function that [tells](tells_counts) the program's own code how many
    /// references there are. Without lines nobody knows, and all that is inlined into the program's code counts as its own.
    pub(super) fn tells_counts(&self, offset: u64) -> bool {
        let Self::Lines { origin, symbols } = self else {
            return false;
        };
        let chain = chain(*origin, symbols, offset);
        let asked = chain.iter().position(|(_, own)| *own);
        let told = asked.and_then(|asked| chain.get(asked.checked_sub(1)?));
        told.is_some_and(|(name, _)| tells_counts(name))
    }

    /// Whether the function that begins there is one of these.
    pub(super) fn is_one_that_tells_counts(&self, start: u64) -> bool {
        match self {
            Self::Lines { origin, symbols } => {
                let outermost = chain(*origin, symbols, start).pop();
                outermost.is_some_and(|(name, _)| tells_counts(&name))
            }
            Self::Names(_) | Self::Nothing => false,
        }
    }

    /// Whether this function, which begins there, is one whose accesses somebody means, and whose it is.
    pub(super) fn of_function(&self, function: u32, start: u64, meant: Meant) -> (bool, Whose) {
        let whose = |own: bool| if own { Whose::Program } else { Whose::Other };
        let known = match self {
            Self::Lines { origin, symbols } => {
                let outermost = chain(*origin, symbols, start).pop();
                outermost.map(|(name, own)| (meant.contains(&name), whose(own)))
            }
            Self::Names(names) => names.get(&function).map(|name| {
                if is_own(name) {
                    (meant.contains_first(name), Whose::Program)
                } else {
                    (meant.contains_path(name), Whose::Other)
                }
            }),
            Self::Nothing => None,
        };
        known.unwrap_or((true, Whose::Other))
    }
}

/// Whether it is the program's, or was made for something of the program's.
fn is_own(name: &str) -> bool {
    is_programs(name, None) || has_other_crates(name)
}

/// The functions of the source that an instruction stands in, innermost first, and whether each is the program's own.
fn chain(origin: Option<&Origin>, symbols: &Symbols, offset: u64) -> Vec<(String, bool)> {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let offset = origin.map_or(offset, |origin| origin.offset(offset));
    let symbols = symbols.at(offset).into_iter();
    symbols
        .map(|symbol| {
            let name = symbol.name.as_deref().map(demangle).unwrap_or_default();
            let own = symbol.name.is_some() && is_programs(&name, symbol.place.as_deref());
            (name, own)
        })
        .collect()
}

/// The names of a module's functions, demangled. What is damaged ends them early.
fn names(module: &[u8]) -> HashMap<u32, String> {
    let mut names = HashMap::new();
    for payload in Parser::new(0).parse_all(module).map_while(Result::ok) {
        let Payload::CustomSection(section) = payload else {
            continue;
        };
        let KnownCustom::Name(subsections) = section.as_known() else {
            continue;
        };
        for part in subsections.into_iter().map_while(Result::ok) {
            if let Name::Function(functions) = part {
                let named = functions.into_iter().map_while(Result::ok);
                names.extend(named.map(|naming| (naming.index, demangle(naming.name))));
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_of_stds_that_was_made_for_the_programs_is_its_own() {
        for (name, own) in [
            ("bank::main", true),
            ("<bank::Account>::take", true),
            (
                "std::sys::backtrace::__rust_begin_short_backtrace::<bank::main::{closure#0}, ()>",
                true,
            ),
            (
                "core::ptr::drop_in_place::<std::sync::mutex::MutexGuard<bank::Account>>",
                true,
            ),
            ("<std::sync::mutex::Mutex<u32>>::lock", false),
            ("<std::sys::sync::mutex::futex::Mutex>::lock_contended", false),
            ("<threadlink::sync::mutex::Mutex<()>>::lock", false),
            ("main", true),
            ("thread_start", false),
            ("__rust_alloc", false),
        ] {
            assert_eq!(is_own(name), own, "{name}");
        }
    }

    #[test]
    fn what_a_function_is_comes_first_in_its_name() {
        assert!(!Meant::Order.contains_first("<alloc::sync::Arc<bank::Account>>::drop_slow"));
        assert!(Meant::Order.contains_first("std::thread::spawn::<bank::run<alloc::sync::Arc<u32>>>"));
        assert!(!Meant::Order.contains("<alloc::sync::Arc<bank::Account>>::drop_slow"));
        assert!(Meant::Counts.contains("<alloc::sync::Arc<bank::Account>>::drop_slow"));
    }

    #[test]
    fn what_starts_a_thread_is_nothing_that_the_program_means() {
        for (name, spawns) in [
            (
                "std::thread::lifecycle::spawn_unchecked::<bank::main::{closure#0}, ()>",
                true,
            ),
            (
                "<std::thread::builder::Builder>::spawn::<bank::main::{closure#0}, fn() -> u32>",
                true,
            ),
            (
                "threadlink::thread::spawn::start::<bank::main::{closure#0}, ()>",
                true,
            ),
            // The closure's own code is in this one.
            (
                "<std::thread::lifecycle::spawn_unchecked<bank::main::{closure#0}, ()>::{closure#1} as core::ops::function::FnOnce<()>>::call_once::{shim:vtable#0}",
                false,
            ),
            ("std::thread::scoped::scope::<bank::main::{closure#0}, ()>", false),
            ("bank::thread::spawn", false),
        ] {
            assert_eq!(is_spawn(&path(name)), spawns, "{name}");
        }
        assert_eq!(path("a::b::<fn(u8) -> u32, c::D<E>>::f"), "a::b::::f");
    }

    #[test]
    fn a_librarys_function_is_meant_by_what_it_is() {
        for (name, meant) in [
            ("std::panicking::panic_count::get_count", false),
            ("<std::thread::spawnhook::ChildSpawnHooks>::run", false),
            ("<threadlink::thread::packet::Sender<()>>::send", false),
            ("<std::sync::mutex::Mutex<std::thread::id::ThreadId>>::lock", true),
            ("<std::thread::lifecycle::JoinInner<()>>::join", true),
        ] {
            assert_eq!(Meant::Order.contains_path(name), meant, "{name}");
        }
    }

    #[test]
    fn what_counts_references_may_tell_how_many() {
        for (name, tells) in [
            ("<alloc::sync::Arc<u32>>::strong_count", true),
            ("<alloc::sync::Weak<u32>>::upgrade", true),
            ("<alloc::sync::Arc<u32> as core::clone::Clone>::clone", false),
            ("<alloc::sync::Arc<u32>>::drop_slow", false),
            ("<std::sync::mutex::Mutex<alloc::sync::Arc<u32>>>::get_mut", false),
        ] {
            assert_eq!(tells_counts(name), tells, "{name}");
        }
    }
}
