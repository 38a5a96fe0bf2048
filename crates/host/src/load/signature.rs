//! Types of functions: compared as types, and written as text only where an error shows one.

use std::fmt::Write as _;

use threadlink_abi::imports::{Import, Value};
use wasmparser::{FuncType, ValType};

/// Parameters or results that a message shows at most: a type can have a thousand of each.
const SHOWN: usize = 16;

/// Whether a function of this type is what the ABI has.
pub(super) fn fits(ty: &FuncType, provided: Import) -> bool {
    let results = provided.result.as_slice();
    same(ty.params(), provided.params) && same(ty.results(), results)
}

fn same(found: &[ValType], expected: &[Value]) -> bool {
    found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| {
            *found
                == match expected {
                    Value::I32 => ValType::I32,
                    Value::I64 => ValType::I64,
                }
        })
}

/// As messages show it: `(i32, i32) -> i32`.
pub(super) fn text(ty: &FuncType) -> String {
    match ty.results() {
        [one] => format!("({}) -> {one}", list(ty.params())),
        several => format!("({}) -> ({})", list(ty.params()), list(several)),
    }
}

fn list(types: &[ValType]) -> String {
    let mut text = String::new();
    for (index, ty) in types.iter().take(SHOWN).enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        let _ = write!(text, "{comma}{ty}");
    }
    if let Some(more @ 1..) = types.len().checked_sub(SHOWN) {
        let _ = write!(text, ", and {more} more");
    }
    text
}

#[cfg(test)]
mod tests {
    use threadlink_abi::imports::{CLOCK, THREAD_CREATE, THREAD_JOIN};

    use super::*;

    #[test]
    fn only_the_same_type_fits() {
        let i32s = |count| vec![ValType::I32; count];
        assert!(fits(&FuncType::new(i32s(2), i32s(1)), THREAD_CREATE));
        assert!(!fits(&FuncType::new(i32s(1), i32s(1)), THREAD_CREATE));
        assert!(!fits(&FuncType::new(i32s(2), i32s(0)), THREAD_CREATE));
        assert!(!fits(&FuncType::new([ValType::I64], i32s(1)), THREAD_JOIN));
        assert!(fits(&FuncType::new([], [ValType::I64]), CLOCK));
    }

    #[test]
    fn long_types_are_cut() {
        let long = FuncType::new(vec![ValType::V128; 1000], vec![ValType::I32; 17]);
        let text = text(&long);
        assert!(text.contains("v128, and 984 more) -> (i32"), "{text}");
        assert!(text.ends_with("i32, and 1 more)"), "{text}");
        assert!(text.len() < 300, "{text}");
    }
}
