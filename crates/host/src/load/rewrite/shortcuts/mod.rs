//! Shortcuts: functions of the copy that stand before the hooks of locks that it imports.
//!
//! A call of the host costs more than a lock. So the copy of a traced module calls functions of its own, which come behind all
//! that it defines. They tell the host of waits, and leave what else it needs to find deadlocks in the guest's memory: who has a
//! lock and from where, and what a thread reads (`threadlink_watch::guest::mark`). Where a trace is written they record, too
//! (`crate::rings`). An index that names such an import, in code,
//! in tables or in exports, names the shortcut; what only says that a lock was released is not called at all.
//!
//! [`code`] is what they do, and [`ring`] what they do to record. They know their thread by globals ([`parts`]), which the copy exports by names that guests are
//! refused, and which the host sets before each thread (`crate::run::shortcuts`); until then, and in a guest whose locks are not
//! tried first, they pass all hooks on.
//!
//! A guest that lies in its words deceives nobody but itself: the code reads and writes the guest's own memory, and only inside
//! it, and what the host finds there it believes no more than the rest.

mod code;
pub(crate) mod parts;
mod ring;
#[cfg(test)]
mod ring_tests;
#[cfg(test)]
mod tests;

use threadlink_abi::Hook;
use threadlink_abi::imports::Import;
use wasm_encoder::{CodeSection, ConstExpr, ExportKind, ExportSection, FunctionSection, GlobalSection};

/// The hooks that have a shortcut. Of waits for condition variables and tokens the host is told in any case.
const HOOKS: [Hook; 8] = [
    Hook::StartLock,
    Hook::FinishLock,
    Hook::StartUnlock,
    Hook::StartRead,
    Hook::FinishRead,
    Hook::StartReadUnlock,
    Hook::Notify,
    Hook::Unpark,
];

/// The hooks at which no host does anything.
const SILENT: [Hook; 2] = [Hook::FinishUnlock, Hook::FinishReadUnlock];

/// The rings' memory, which a copy with shortcuts imports behind its own.
pub(crate) const RINGS: &str = "rings";
/// The function that makes room in the thread's ring, which it imports behind all others.
pub(crate) const DRAIN: &str = "drain";

/// An import of a module that is a hook.
#[derive(Debug, Clone, Copy)]
struct Imported {
    function: u32,
    ty: u32,
}

/// The shortcuts of one copy.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shortcuts {
    hooks: [Option<Imported>; HOOKS.len()],
    silent: [Option<Imported>; SILENT.len()],
    /// Where the first one is among the functions of the module: behind all that there are.
    functions: u32,
    /// Where their globals are: behind all of the module's.
    globals: u32,
}

impl Shortcuts {
    /// Those of a module that imports these functions, and has so many functions and globals in all; `None` if it imports no
    /// hook of locks, or one of them twice.
    pub(crate) fn of<'a>(
        imports: impl Iterator<Item = (&'a str, &'a str, u32)>,
        functions: u32,
        globals: u32,
    ) -> Option<Self> {
        let mut found = Self {
            functions,
            globals,
            ..Self::default()
        };
        for (function, (module, name, ty)) in (0..).zip(imports) {
            let Some(hook) = Import::find(module, name).and_then(|import| import.hook()) else {
                continue;
            };
            let Some(place) = found.place_of(hook) else {
                continue;
            };
            if place.replace(Imported { function, ty }).is_some() {
                return None;
            }
        }
        found.added().next().is_some().then_some(found)
    }

    /// Where it is noted which import a hook is, if that matters.
    fn place_of(&mut self, hook: Hook) -> Option<&mut Option<Imported>> {
        let known = HOOKS.iter().zip(&mut self.hooks);
        let silent = SILENT.iter().zip(&mut self.silent);
        known
            .chain(silent)
            .find_map(|(other, place)| (*other == hook).then_some(place))
    }

    /// The hooks that it has a shortcut for, in the order of these.
    fn added(&self) -> impl Iterator<Item = (Hook, Imported)> {
        let hooks = HOOKS.into_iter().zip(self.hooks);
        hooks.filter_map(|(hook, imported)| Some((hook, imported?)))
    }

    /// How many functions they are.
    pub(super) fn count(&self) -> u32 {
        self.added().map(|_| 1).sum()
    }

    /// The index of the function that stands for an imported one, as if it were one of the module's.
    pub(super) fn standing_for(&self, function: u32) -> Option<u32> {
        let mut known = (self.functions..).zip(self.added());
        known.find_map(|(index, (_, imported))| (imported.function == function).then_some(index))
    }

    /// Whether a function, as if it were one of the module's, is one of these.
    pub(super) fn has(&self, function: u32) -> bool {
        function >= self.functions
    }

    /// Whether calls of this import are left out.
    pub(super) fn is_silent(&self, function: u32) -> bool {
        let is_it = |imported: &Imported| imported.function == function;
        self.silent.iter().flatten().any(is_it)
    }

    /// Adds the types of the functions.
    pub(super) fn declare(&self, functions: &mut FunctionSection) {
        for (_, imported) in self.added() {
            functions.function(imported.ty);
        }
    }

    /// Adds the functions. `drain` is the index of the function [`DRAIN`].
    pub(super) fn define(&self, code: &mut CodeSection, drain: u32) {
        for (hook, _) in self.added() {
            code.function(&code::function(self, hook, drain));
        }
    }

    /// Adds the globals.
    pub(super) fn globals(&self, globals: &mut GlobalSection) {
        for _ in parts::Word::ALL {
            globals.global(parts::Word::TYPE, &ConstExpr::i32_const(0));
        }
    }

    /// Exports the globals.
    pub(super) fn export(&self, exports: &mut ExportSection) {
        for word in parts::Word::ALL {
            exports.export(&word.name(), ExportKind::Global, self.global(word));
        }
    }

    fn global(&self, word: parts::Word) -> u32 {
        self.globals + word as u32
    }

    /// The import of a hook, if the module has it. Imports have the same index in the copy.
    fn host(&self, hook: Hook) -> Option<u32> {
        let mut known = self.added();
        known.find_map(|(other, imported)| (other == hook).then_some(imported.function))
    }
}
