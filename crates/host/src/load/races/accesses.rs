//! What instructions do with memory: told by the names that the parser has for them.

use wasm_encoder::ValType;
use wasmparser::{MemArg, MemArgTarget, Operator};

/// How an instruction accesses memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Load,
    Store,
    AtomicLoad,
    AtomicStore,
    /// Read and write in one.
    Change,
    CompareExchange,
    /// `memory.copy`, from the third operand's many bytes.
    Copy,
    /// `memory.fill` or `memory.init`.
    Fill,
    Fence,
    /// A function that allocates.
    Allocate,
    /// One that frees.
    Free,
}

impl Kind {
    pub(crate) fn is_atomic(self) -> bool {
        matches!(
            self,
            Self::AtomicLoad | Self::AtomicStore | Self::Change | Self::CompareExchange | Self::Fence
        )
    }
}

/// An access of as many bytes as its instruction says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Access {
    pub(super) kind: Kind,
    pub(super) bytes: u8,
    pub(super) offset: u64,
    pub(super) memory: u32,
    /// What stands on the stack above the address, for those of [`Kind::CompareExchange`] twice.
    pub(super) operand: Option<ValType>,
}

macro_rules! accesses {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        #[allow(unused_variables, reason = "of most instructions nothing is asked")]
        pub(super) fn access(operator: &Operator<'_>) -> Option<Access> {
            match operator {
                $(Operator::$op { $($($arg),*)? } => {
                    let memory: Option<&MemArg> = accesses!(@memory $($($arg = $arg)*)?);
                    of(const { kind(stringify!($op)) }, memory?)
                })*
                _ => None,
            }
        }
    };
    (@memory memarg = $memory:ident $($rest:tt)*) => { Some($memory) };
    (@memory $other:ident = $same:ident $($rest:tt)*) => { accesses!(@memory $($rest)*) };
    (@memory) => { None };
}

wasmparser::for_each_operator!(accesses);

fn of(kind: Option<(Kind, Option<ValType>)>, memory: &MemArg) -> Option<Access> {
    let (kind, operand) = kind?;
    let MemArgTarget::Memory(number) = memory.target else {
        return None;
    };
    Some(Access {
        kind,
        // The natural alignment is as large as what is accessed.
        bytes: 1 << memory.max_align.min(4),
        offset: memory.offset,
        memory: number,
        operand,
    })
}

/// By name. Those that wait and notify are calls by now.
const fn kind(name: &str) -> Option<(Kind, Option<ValType>)> {
    let operand = if has(name, "V128") {
        ValType::V128
    } else if begins(name, "I32") {
        ValType::I32
    } else if begins(name, "I64") {
        ValType::I64
    } else if begins(name, "F32") {
        ValType::F32
    } else if begins(name, "F64") {
        ValType::F64
    } else {
        return None;
    };
    Some(if has(name, "Cmpxchg") {
        (Kind::CompareExchange, Some(operand))
    } else if has(name, "Rmw") {
        (Kind::Change, Some(operand))
    } else if has(name, "AtomicLoad") {
        (Kind::AtomicLoad, None)
    } else if has(name, "AtomicStore") {
        (Kind::AtomicStore, Some(operand))
    } else if has(name, "Store") {
        (Kind::Store, Some(operand))
    } else if has(name, "Lane") {
        (Kind::Load, Some(operand))
    } else if has(name, "Load") {
        (Kind::Load, None)
    } else {
        return None;
    })
}

const fn begins(name: &str, part: &str) -> bool {
    at(name.as_bytes(), part.as_bytes(), 0)
}

const fn has(name: &str, part: &str) -> bool {
    let mut from = 0;
    while from < name.len() {
        if at(name.as_bytes(), part.as_bytes(), from) {
            return true;
        }
        from += 1;
    }
    false
}

const fn at(name: &[u8], part: &[u8], from: usize) -> bool {
    let mut same = 0;
    while same < part.len() && from + same < name.len() && name[from + same] == part[same] {
        same += 1;
    }
    same == part.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_accessed() {
        for (name, expected) in [
            ("I32Load8U", Some((Kind::Load, None))),
            ("F64Store", Some((Kind::Store, Some(ValType::F64)))),
            ("V128Load64Lane", Some((Kind::Load, Some(ValType::V128)))),
            ("V128Store8Lane", Some((Kind::Store, Some(ValType::V128)))),
            ("V128Load32Zero", Some((Kind::Load, None))),
            ("I64AtomicLoad32U", Some((Kind::AtomicLoad, None))),
            ("I64AtomicStore", Some((Kind::AtomicStore, Some(ValType::I64)))),
            ("I32AtomicRmw8AddU", Some((Kind::Change, Some(ValType::I32)))),
            (
                "I64AtomicRmwCmpxchg",
                Some((Kind::CompareExchange, Some(ValType::I64))),
            ),
            ("MemoryAtomicNotify", None),
            ("LocalGet", None),
        ] {
            assert_eq!(kind(name), expected, "{name}");
        }
    }
}
