//! What a module imports of hooks, and where that puts its shortcuts.

use threadlink_abi::Hook;
use threadlink_abi::imports::Import;

/// The hooks that have a shortcut. Of waits for condition variables the host is told in any case.
pub(super) const HOOKS: [Hook; 10] = [
    Hook::StartLock,
    Hook::FinishLock,
    Hook::StartUnlock,
    Hook::StartRead,
    Hook::FinishRead,
    Hook::StartReadUnlock,
    Hook::Notify,
    Hook::StartPark,
    Hook::FinishPark,
    Hook::Unpark,
];

/// The hooks at which no host does anything.
pub(super) const SILENT: [Hook; 2] = [Hook::FinishUnlock, Hook::FinishReadUnlock];

/// An import of a module that is a hook.
#[derive(Debug, Clone, Copy)]
pub(super) struct Imported {
    function: u32,
    pub(super) ty: u32,
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
    pub(super) fn added(&self) -> impl Iterator<Item = (Hook, Imported)> {
        let hooks = HOOKS.into_iter().zip(self.hooks);
        hooks.filter_map(|(hook, imported)| Some((hook, imported?)))
    }

    /// How many functions they are.
    pub(in super::super) fn count(&self) -> u32 {
        self.added().map(|_| 1).sum()
    }

    /// The index of the function that stands for an imported one, as if it were one of the module's.
    pub(in super::super) fn standing_for(&self, function: u32) -> Option<u32> {
        let mut known = (self.functions..).zip(self.added());
        known.find_map(|(index, (_, imported))| (imported.function == function).then_some(index))
    }

    /// Whether a function, as if it were one of the module's, is one of these.
    pub(in super::super) fn has(&self, function: u32) -> bool {
        function >= self.functions
    }

    /// Whether calls of this import are left out.
    pub(in super::super) fn is_silent(&self, function: u32) -> bool {
        let is_it = |imported: &Imported| imported.function == function;
        self.silent.iter().flatten().any(is_it)
    }

    /// Where the first of their globals is.
    pub(super) fn first_global(&self) -> u32 {
        self.globals
    }

    /// The import of a hook, if the module has it. Imports have the same index in the copy.
    pub(super) fn host(&self, hook: Hook) -> Option<u32> {
        let mut known = self.added();
        known.find_map(|(other, imported)| (other == hook).then_some(imported.function))
    }
}
