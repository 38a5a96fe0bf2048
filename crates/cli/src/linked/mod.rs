//! What a finished module has in it that cannot work: functions of std's that this target does not support, and imports
//! for JavaScript; and who calls them. Found in the module itself, so whatever brought it in: a macro of another crate, a
//! re-export, a dependency.
//!
//! - `graph`: who calls whom;
//! - `symbol`: symbols as people write paths;
//! - `standard`: what std does not support.

mod graph;
mod standard;
mod symbol;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::fmt::Write as _;
use std::path::Path;

use threadlink_host::Symbols;
use threadlink_trace::Printable;

use self::graph::Graph;
use self::standard::Standard;
use self::symbol::crate_of;

/// The crates of std that programs call.
const STD: [&str; 3] = ["std", "alloc", "core"];
/// Parts of std that do nothing on this target unless the runtime is below them, and say so to nobody: what is printed is
/// lost, there are no arguments and no variables. The module, its functions, and the ones of std that they are inlined into in
/// optimised builds.
const SILENT: [(&str, &str, &str); 3] = [
    ("std::sys::stdio::unsupported", "::", "std::io::stdio::"),
    ("std::sys::args::unsupported", "::args", "std::env::args"),
    ("std::sys::env::unsupported", "::getenv", "std::env::var"),
];
/// Where std copes with what is not there: it raises panics, and looks for variables, a stream and the current directory to
/// show them.
const COPES: [&str; 5] = [
    "std::panicking::",
    "core::panicking::",
    "__rustc::",
    "std::rt::",
    "std::backtrace::",
];
/// A part of std that looks at a clock only if it is to wait no longer than until some time, and how its functions are called that
/// want that.
const WAITS: &str = "std::sync::mpmc::";
const LIMITED: [&str; 2] = ["timeout", "deadline"];
/// Modules of std's with a likeness in threadlink.
const LIKENESSES: [&str; 5] = ["thread", "time", "sync", "io", "env"];
/// The import modules of wasm-bindgen, and its own crates.
const JAVASCRIPT: [&str; 2] = ["__wbindgen", "wbg"];
const BINDINGS: [&str; 4] = ["wasm_bindgen", "js_sys", "web_sys", "wasm_bindgen_futures"];
/// Callers that a message names.
const NAMED: usize = 3;

/// A caller outside std, and where in the module it calls.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Caller {
    path: String,
    function: u32,
    at: usize,
}

/// Whether a module is to get what wasm-bindgen makes for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JavaScript {
    Absent,
    Bound,
}

/// What is wrong with a module, one message each. `library` is the folder with the source of the std that it is built on, `own`
/// are the crates of the workspace, and `of_runtime` those that are there for the runtime alone: optimised, it may be inlined into
/// the program, which then seems to call them.
pub(crate) fn problems(
    module: &[u8],
    library: &Path,
    own: &BTreeSet<String>,
    of_runtime: &BTreeSet<String>,
    javascript: JavaScript,
) -> Vec<String> {
    // A module that cannot be read is told of when it is run.
    let Ok(graph) = Graph::read(module) else {
        return Vec::new();
    };
    let paths: HashMap<u32, String> = graph
        .named()
        .map(|(index, name)| (index, symbol::path(name)))
        .collect();
    let linked = Linked { graph, paths };
    let mut places = Places {
        module,
        symbols: None,
    };
    let mut messages = linked.of_std(&Standard::read(library), own, of_runtime, &mut places);
    if javascript == JavaScript::Absent {
        messages.extend(linked.of_javascript(&mut places));
    }
    messages
}

/// A module's calls, with the paths of its functions.
struct Linked {
    graph: Graph,
    paths: HashMap<u32, String>,
}

impl Linked {
    fn path(&self, function: u32) -> &str {
        self.paths.get(&function).map_or("", String::as_str)
    }

    /// Who calls `function`, directly or through functions of which `through` is true; beside each what it calls.
    fn callers(&self, function: u32, through: impl Fn(&str) -> bool) -> Vec<(Caller, u32)> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::from([function]);
        let mut next = VecDeque::from([function]);
        while let Some(callee) = next.pop_front() {
            for (caller, at) in self.graph.callers(callee) {
                let path = self.path(caller);
                if through(path) {
                    if seen.insert(caller) {
                        next.push_back(caller);
                    }
                } else if !crate_of(path).is_empty() {
                    let path = path.to_owned();
                    let function = caller;
                    found.push((Caller { path, function, at }, callee));
                }
            }
        }
        found
    }

    /// Whether code of the crates in `own` calls this function, directly or through other crates than the runtime: what that
    /// needs for itself it knows how to use.
    fn is_reached(&self, function: u32, own: &BTreeSet<String>) -> bool {
        let passes = |path: &str| {
            let name = crate_of(path);
            !is_runtime(name) && !own.contains(name)
        };
        self.callers(function, passes)
            .iter()
            .any(|(caller, _)| own.contains(crate_of(&caller.path)) && !is_runtime(crate_of(&caller.path)))
    }

    fn of_std(
        &self,
        standard: &Standard,
        own: &BTreeSet<String>,
        of_runtime: &BTreeSet<String>,
        places: &mut Places<'_>,
    ) -> Vec<String> {
        let is_std = |path: &str| STD.contains(&crate_of(path));
        let waits = |path: &str| path.starts_with(WAITS) && !LIMITED.iter().any(|word| path.contains(word));
        let copes = |path: &str| waits(path) || COPES.iter().any(|module| path.starts_with(module));
        let goes_on = |path: &str| is_std(path) && !copes(path);
        let silent_parts: Vec<_> = SILENT
            .iter()
            .filter(|(module, ..)| !standard.serves(module))
            .collect();
        let mut failing: BTreeMap<String, BTreeSet<Caller>> = BTreeMap::new();
        let mut silent: BTreeMap<String, BTreeSet<Caller>> = BTreeMap::new();
        let mut elsewhere: BTreeMap<String, BTreeSet<Caller>> = BTreeMap::new();
        let mut functions: Vec<_> = self.paths.iter().collect();
        functions.sort_unstable();
        for (&function, path) in functions {
            let fails = standard.fails(path);
            let is_silent = silent_parts.iter().any(|(module, functions, outer)| {
                let inner = path.strip_prefix(module);
                inner.is_some_and(|rest| rest.starts_with(functions)) || path.starts_with(outer)
            });
            if !fails && !is_silent {
                continue;
            }
            for (caller, callee) in self.callers(function, goes_on) {
                let name = crate_of(&caller.path);
                if is_runtime(name) || of_runtime.contains(name) || is_std(&caller.path) {
                    continue;
                }
                let list = match (fails, own.contains(name)) {
                    (true, true) => &mut failing,
                    (false, true) => &mut silent,
                    (true, false) if self.is_reached(caller.function, own) => &mut elsewhere,
                    (_, false) => continue,
                };
                list.entry(self.path(callee).to_owned())
                    .or_default()
                    .insert(caller);
            }
        }
        silent.retain(|callee, _| !failing.contains_key(callee));
        let mut messages = Vec::new();
        for (what, list) in [("not work", failing), ("nothing", silent)] {
            for (callee, callers) in list {
                let (callee, remedy) = (shown(&callee), remedy(&callee, standard));
                messages.push(format!(
                    "{callee} do {what} on this target{remedy}; {}",
                    places.list(callers)
                ));
            }
        }
        for (callee, callers) in elsewhere {
            messages.push(format!(
                "{} do not work on this target, which is harmless as long as your program does without that part of the \
                 dependency; {}",
                shown(&callee),
                places.list(callers)
            ));
        }
        messages
    }

    fn of_javascript(&self, places: &mut Places<'_>) -> Vec<String> {
        let mut callers = BTreeSet::new();
        let mut first = None;
        for (index, (module, name)) in (0..).zip(&self.graph.imports) {
            if JAVASCRIPT.iter().any(|prefix| module.starts_with(prefix)) {
                first.get_or_insert_with(|| format!("{module}.{name}"));
                let glue = |path: &str| {
                    let name = crate_of(path);
                    name.is_empty() || BINDINGS.contains(&name) || STD.contains(&name)
                };
                callers.extend(self.callers(index, glue).into_iter().map(|(caller, _)| caller));
            }
        }
        let Some(import) = first else {
            return Vec::new();
        };
        let crates: BTreeSet<&str> = callers.iter().map(|caller| crate_of(&caller.path)).collect();
        let crates: Vec<String> = crates.into_iter().map(|name| format!("`{name}`")).collect();
        let brought = if crates.is_empty() {
            "by a crate that wasm-bindgen is a dependency of (`cargo tree --invert wasm-bindgen` lists them)"
                .to_owned()
        } else {
            crates.join(", ")
        };
        vec![format!(
            "the module imports `{}` for JavaScript, which no host of threads has; it is brought by {brought}: turn off the \
             feature for JavaScript there (often named \"js\" or \"wasm-bindgen\"){}",
            Printable(&import),
            if callers.is_empty() {
                String::new()
            } else {
                format!("; {}", places.list(callers))
            }
        )]
    }
}

/// Whether a crate is of the runtime in guests, or libtest, which is linked into tests and never called.
pub(crate) fn is_runtime(name: &str) -> bool {
    ["threadlink", "threadlink_rt", "threadlink_abi", "test"].contains(&name)
}

/// A function of std's as a program names it.
fn shown(callee: &str) -> String {
    match callee {
        "std::io::stdio::_print" => "std's print! and println!".to_owned(),
        "std::io::stdio::_eprint" => "std's eprint! and eprintln!".to_owned(),
        path if path.ends_with("::unsupported_err") => {
            "std's functions for files, networks and processes".to_owned()
        }
        // Inlined up to the last.
        path => match path
            .strip_prefix("std::sys::")
            .and_then(|inner| inner.split_once("::"))
        {
            Some((part, _)) => format!("functions of `std::{}`", Printable(part)),
            None => format!("calls of `{}`", Printable(path)),
        },
    }
}

/// What to use in its place. Over a std with threads, threadlink has no more than std.
fn remedy(callee: &str, standard: &Standard) -> String {
    let nothing = || ", which has no such thing".to_owned();
    if standard.has_threads() {
        return nothing();
    }
    let macros = ["std::io::stdio::_print", "std::io::stdio::_eprint"];
    if macros.contains(&callee) {
        return ": use threadlink's, or `#[threadlink::traced(std)]`".to_owned();
    }
    let callee = callee.replacen("std::sys::", "std::", 1);
    let mut names = callee.split("::").skip(1);
    let (module, name) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
    // Of what std has there, threadlink has arguments and variables.
    let is_alike = module != "env"
        || ["args", "var", "unsupported"]
            .iter()
            .any(|start| name.starts_with(start));
    if LIKENESSES.contains(&module) && is_alike {
        format!(": use `threadlink::{module}`, or `#[threadlink::traced(std)]`")
    } else {
        nothing()
    }
}

/// Where code stands in the source, looked up once somebody asks.
struct Places<'a> {
    module: &'a [u8],
    symbols: Option<Symbols>,
}

impl Places<'_> {
    /// The first callers with their places, and how many there are more. A function is named once.
    fn list(&mut self, callers: BTreeSet<Caller>) -> String {
        let mut once: BTreeMap<String, usize> = BTreeMap::new();
        for caller in callers {
            once.entry(caller.path).or_insert(caller.at);
        }
        let symbols = self.symbols.get_or_insert_with(|| Symbols::of(self.module));
        let mut text = "called by".to_owned();
        for (index, (path, at)) in once.iter().take(NAMED).enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let _ = write!(text, "{comma} `{}`", Printable(path));
            // The outermost function that is not inlined is the caller.
            if let Some(place) = symbols.at(*at).pop().and_then(|symbol| symbol.place) {
                let _ = write!(text, " at {}", Printable(&place));
            }
        }
        if once.len() > NAMED {
            let _ = write!(text, " and {} more", once.len() - NAMED);
        }
        text
    }
}
