//! What a copy differs in, and what that makes of indices.

use wasmparser::Operator;

use super::super::globals::Shown;
use super::calls::{Call, Waits};
use super::made::MadeFor;
use super::shortcuts::Shortcuts;

/// What a copy of a module will have that the module has not.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Plan {
    /// Types of the module: those of the added functions come after them.
    pub(crate) types: u32,
    /// Functions that the module imports: the added ones come after them, and before those that it defines.
    pub(crate) imported_functions: u32,
    /// Which of the instructions it has that wait and notify.
    pub(crate) waits: Waits,
    /// Which of its functions ask for whom a lock is made.
    pub(crate) made_for: MadeFor,
    /// The globals that the copy exports.
    pub(crate) globals: Shown,
    /// What stands before the hooks that it imports.
    pub(crate) shortcuts: Option<Shortcuts>,
}

impl Plan {
    /// Takes note of an instruction of the module.
    pub(crate) fn note(&mut self, operator: &Operator<'_>) {
        if let Some((call, _)) = Call::of(operator) {
            self.waits.add(call);
        }
    }

    /// Whether a copy would be as the module is.
    pub(super) fn is_empty(self) -> bool {
        self.added() == 0 && self.globals == Shown::default() && self.shortcuts.is_none()
    }

    /// Whether a copy would import what the module does not.
    pub(crate) fn imports_more(self) -> bool {
        self.added() > 0
    }

    /// The functions that are added, in their order.
    pub(super) fn calls(self) -> impl Iterator<Item = Call> {
        Call::ALL.into_iter().filter(move |call| self.waits.has(*call))
    }

    /// How many imported functions are added: these, the one that is asked for whom a lock is made, and one that shortcuts need.
    pub(super) fn added(self) -> u32 {
        self.waits.bits().count_ones()
            + u32::from(self.made_for.is_asked())
            + u32::from(self.shortcuts.is_some())
    }

    /// The index of the imported function that shortcuts need, if there are any: the last one.
    pub(super) fn drain(self) -> u32 {
        (self.imported_functions + self.added()).saturating_sub(1)
    }

    /// The index in the copy of what stands for a function of the module: that function, if nothing else does.
    pub(super) fn moved(self, function: u32) -> u32 {
        if function < self.imported_functions
            && let Some(shortcut) = self.shortcuts.and_then(|all| all.standing_for(function))
        {
            return self.shifted(shortcut);
        }
        if self.made_for.has(function) {
            return self.imported_functions + self.waits.bits().count_ones();
        }
        self.shifted(function)
    }

    /// Whether nobody does anything when this function is called.
    pub(super) fn is_silent(self, function: u32) -> bool {
        function < self.imported_functions && self.shortcuts.is_some_and(|all| all.is_silent(function))
    }

    /// Whether a function of the copy is one of the module's.
    pub(super) fn is_of_module(self, function: u32) -> bool {
        let index = self.original(function);
        !self.shortcuts.is_some_and(|all| all.has(index))
    }

    /// The index of a function of the module in the copy.
    pub(super) fn shifted(self, function: u32) -> u32 {
        if function < self.imported_functions {
            function
        } else {
            // A valid module has a million functions at most; what names one that is not there stays as wrong as it was.
            function.saturating_add(self.added())
        }
    }

    /// The index in the module of a function of the copy.
    pub(super) fn original(self, function: u32) -> u32 {
        if function < self.imported_functions {
            function
        } else {
            function.saturating_sub(self.added())
        }
    }

    /// The index of an added function.
    pub(super) fn index(self, call: Call) -> u32 {
        let before = self.calls().take_while(|other| *other != call);
        self.imported_functions + before.map(|_| 1).sum::<u32>()
    }
}
