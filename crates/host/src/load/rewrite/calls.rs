//! What a copy has that the module has not: the functions that stand for the instructions that wait and notify, the one that says for
//! whom a lock is made, and exports.

use wasm_encoder::ValType;
use wasmparser::Operator;

/// The import module of these functions. The check refuses guests that import from it, as from any that the ABI does
/// not have.
pub(crate) const MODULE: &str = "threadlink:host";

/// What it imports from there in place of a function of the module that asks for whom a lock is made; of the same type.
pub(crate) const MADE_FOR: &str = "made_for";

/// The export by which a copy shows the global at this place of those that are shown.
pub(crate) fn global_name(place: usize) -> String {
    format!("{MODULE}.global{place}")
}

/// One of these functions. It takes what the instruction takes, and then the instruction's static offset; it returns
/// what the instruction returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// `wait32(address, expected: i32, timeout, offset)`.
    Wait32,
    /// `wait64(address, expected: i64, timeout, offset)`.
    Wait64,
    /// `notify(address, count, offset)`.
    Notify,
}

impl Call {
    pub(crate) const ALL: [Self; 3] = [Self::Wait32, Self::Wait64, Self::Notify];

    /// Its name in [`MODULE`].
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Wait32 => "wait32",
            Self::Wait64 => "wait64",
            Self::Notify => "notify",
        }
    }

    /// What it takes; all of them return an i32.
    pub(super) fn params(self) -> &'static [ValType] {
        match self {
            Self::Wait32 => &[ValType::I32, ValType::I32, ValType::I64, ValType::I32],
            Self::Wait64 => &[ValType::I32, ValType::I64, ValType::I64, ValType::I32],
            Self::Notify => &[ValType::I32, ValType::I32, ValType::I32],
        }
    }

    /// The function that stands for an instruction, and the instruction's static offset.
    pub(super) fn of(operator: &Operator<'_>) -> Option<(Self, u64)> {
        match operator {
            Operator::MemoryAtomicWait32 { memarg } => Some((Self::Wait32, memarg.offset)),
            Operator::MemoryAtomicWait64 { memarg } => Some((Self::Wait64, memarg.offset)),
            Operator::MemoryAtomicNotify { memarg } => Some((Self::Notify, memarg.offset)),
            _ => None,
        }
    }
}

/// Which of the instructions that wait and notify a module has, each a bit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Waits(u8);

impl Waits {
    /// The number that stands for it.
    pub(crate) fn bits(self) -> u8 {
        self.0
    }

    /// What that number stands for, if it is one.
    pub(crate) fn of_bits(bits: u8) -> Option<Self> {
        (bits < 1 << Call::ALL.len()).then_some(Self(bits))
    }

    pub(super) fn has(self, call: Call) -> bool {
        self.0 & (1 << call as u8) != 0
    }

    pub(super) fn add(&mut self, call: Call) {
        self.0 |= 1 << call as u8;
    }
}
