//! What a copy has that the module has not: the functions that stand for the instructions that wait and notify, and
//! exports.

use wasm_encoder::ValType;
use wasmparser::Operator;

use super::super::globals::Shown;

/// The import module of these functions. The check refuses guests that import from it, as from any that the ABI does
/// not have.
pub(crate) const MODULE: &str = "threadlink:host";

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

    fn has(self, call: Call) -> bool {
        self.0 & (1 << call as u8) != 0
    }

    fn add(&mut self, call: Call) {
        self.0 |= 1 << call as u8;
    }
}

/// What a copy of a module will have that the module has not.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Plan {
    /// Types of the module: those of the added functions come after them.
    pub(crate) types: u32,
    /// Functions that the module imports: the added ones come after them, and before those that it defines.
    pub(crate) imported_functions: u32,
    /// Which of the instructions it has that wait and notify.
    pub(crate) waits: Waits,
    /// The globals that the copy exports.
    pub(crate) globals: Shown,
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
        self.added() == 0 && self.globals == Shown::default()
    }

    /// The functions that are added, in their order.
    pub(super) fn calls(self) -> impl Iterator<Item = Call> {
        Call::ALL.into_iter().filter(move |call| self.waits.has(*call))
    }

    /// How many they are.
    pub(super) fn added(self) -> u32 {
        self.waits.bits().count_ones()
    }

    /// The index of a function of the module in the copy.
    pub(super) fn moved(self, function: u32) -> u32 {
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
