//! The locals that a body has besides its own, for what instructions take and leave.

use wasm_encoder::ValType;

/// Locals that a body has besides its own, counted from the first of them. Those of one type stand together.
#[derive(Clone, Copy)]
pub(super) enum Local {
    Path,
    Wide(u32),
    Word(u32),
    Single,
    Double,
    Vector,
}

/// The groups of these, and how many each has. The last is only there where vectors are used.
pub(super) const GROUPS: [(u32, ValType); 5] = [
    (4, ValType::I64),
    (5, ValType::I32),
    (1, ValType::F32),
    (1, ValType::F64),
    (1, ValType::V128),
];

impl Local {
    pub(super) fn index(self) -> u32 {
        match self {
            Self::Path => 0,
            Self::Wide(at) => 1 + at,
            Self::Word(at) => 4 + at,
            Self::Single => 9,
            Self::Double => 10,
            Self::Vector => 11,
        }
    }

    pub(super) fn of(ty: ValType, at: u32) -> Self {
        match ty {
            ValType::I64 => Self::Wide(at),
            ValType::F32 => Self::Single,
            ValType::F64 => Self::Double,
            ValType::V128 => Self::Vector,
            _ => Self::Word(2 + at),
        }
    }
}
