//! [`Indices`]: where the copy has what it has besides, and which of its functions were the module's.

use wasm_encoder::Instruction;

use super::calls::Call;

/// Where what the copy has besides stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Indices {
    /// Functions that the module imports, and all of its functions.
    pub(super) imported: u32,
    pub(super) defined: u32,
    pub(super) types: u32,
    pub(super) globals: u32,
    pub(super) memories: u32,
}

impl Indices {
    const ADDED: u32 = Call::ALL.len() as u32;

    pub(super) fn moved(self, function: u32) -> u32 {
        if function < self.imported {
            function
        } else {
            function.saturating_add(Self::ADDED)
        }
    }

    /// The function of the module that has this index in the copy. What is wrapped has the index of what wraps it only in names,
    /// so it has none.
    pub(crate) fn original(self, of_copy: u32) -> u32 {
        if of_copy < self.imported.saturating_add(Self::ADDED) {
            of_copy
        } else {
            of_copy - Self::ADDED
        }
    }

    pub(super) fn call(self, call: Call) -> Instruction<'static> {
        Instruction::Call(self.imported.saturating_add(call as u32))
    }

    pub(super) fn moment(self) -> u32 {
        self.globals
    }

    pub(super) fn path(self) -> u32 {
        self.globals.saturating_add(1)
    }

    pub(super) fn wrapped(self, place: usize) -> u32 {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        self.defined.saturating_add(Self::ADDED).saturating_add(place)
    }
}
