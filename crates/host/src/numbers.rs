//! Numbers of WebAssembly, and types of functions over them: what an embedder gives a guest and gets from it.

use std::fmt;

use wasmparser::{FuncType, ValType};
use wasmtime::Val;

/// A number that a guest's function takes or returns. `Display` is the number alone; an `i32` and an `i64` are shown with a
/// sign, which WebAssembly itself does not know.
///
/// ```
/// use threadlink_host::{Value, ValueType};
///
/// assert_eq!(Value::from(7_u32), Value::I32(7));
/// assert_eq!(Value::F64(0.5).ty(), ValueType::F64);
/// assert_eq!(Value::I64(-3).to_string(), "-3");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// 32 bits.
    I32(i32),
    /// 64 bits.
    I64(i64),
    /// A float of 32 bits.
    F32(f32),
    /// A float of 64 bits.
    F64(f64),
}

/// The type of a [`Value`].
///
/// ```
/// use threadlink_host::{Value, ValueType};
///
/// assert_eq!(ValueType::I32.parse("0xffffffff"), Some(Value::I32(-1)));
/// assert_eq!(ValueType::I32.parse("4294967296"), None);
/// assert_eq!(ValueType::F32.parse("1e3"), Some(Value::F32(1000.0)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ValueType {
    /// 32 bits, with or without a sign.
    I32,
    /// 64 bits, with or without a sign.
    I64,
    /// A float of 32 bits.
    F32,
    /// A float of 64 bits.
    F64,
}

/// What a function takes and returns. `Display` is as in messages: `(i32, f64) -> i32`.
///
/// ```no_run
/// # fn show(program: &threadlink_host::Program) {
/// let add = program.signature("add").expect("it is exported, and has numbers only");
/// println!("add takes {} numbers", add.params.len());
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signature {
    /// What it takes.
    pub params: Vec<ValueType>,
    /// What it returns.
    pub results: Vec<ValueType>,
}

impl Value {
    /// As the engine has it.
    pub(crate) fn for_engine(self) -> Val {
        match self {
            Self::I32(number) => Val::I32(number),
            Self::I64(number) => Val::I64(number),
            Self::F32(number) => Val::F32(number.to_bits()),
            Self::F64(number) => Val::F64(number.to_bits()),
        }
    }

    /// What the engine has; `None` if that is no number.
    pub(crate) fn from_engine(value: &Val) -> Option<Self> {
        match value {
            Val::I32(number) => Some(Self::I32(*number)),
            Val::I64(number) => Some(Self::I64(*number)),
            Val::F32(bits) => Some(Self::F32(f32::from_bits(*bits))),
            Val::F64(bits) => Some(Self::F64(f64::from_bits(*bits))),
            _ => None,
        }
    }

    /// Its type.
    #[must_use]
    pub fn ty(self) -> ValueType {
        match self {
            Self::I32(_) => ValueType::I32,
            Self::I64(_) => ValueType::I64,
            Self::F32(_) => ValueType::F32,
            Self::F64(_) => ValueType::F64,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I32(number) => number.fmt(f),
            Self::I64(number) => number.fmt(f),
            Self::F32(number) => number.fmt(f),
            Self::F64(number) => number.fmt(f),
        }
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::I32(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::I32(number.cast_signed())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::I64(number)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::I64(number.cast_signed())
    }
}

impl From<f32> for Value {
    fn from(number: f32) -> Self {
        Self::F32(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::F64(number)
    }
}

impl ValueType {
    /// The number of this type that a person has written: whole ones in decimal or, after `0x`, in hexadecimal, with a sign or
    /// up to the largest without one; floats as Rust reads them, `inf` and `NaN` included.
    #[must_use]
    pub fn parse(self, text: &str) -> Option<Value> {
        match self {
            Self::I32 => {
                let number = whole(text)?;
                let signed = i32::try_from(number).ok();
                let number = signed.or_else(|| u32::try_from(number).ok().map(u32::cast_signed));
                number.map(Value::I32)
            }
            Self::I64 => {
                let number = whole(text)?;
                let signed = i64::try_from(number).ok();
                let number = signed.or_else(|| u64::try_from(number).ok().map(u64::cast_signed));
                number.map(Value::I64)
            }
            Self::F32 => text.parse().ok().map(Value::F32),
            Self::F64 => text.parse().ok().map(Value::F64),
        }
    }

    /// As the engine has it.
    pub(crate) fn for_engine(self) -> wasmtime::ValType {
        match self {
            Self::I32 => wasmtime::ValType::I32,
            Self::I64 => wasmtime::ValType::I64,
            Self::F32 => wasmtime::ValType::F32,
            Self::F64 => wasmtime::ValType::F64,
        }
    }

    fn of(ty: ValType) -> Option<Self> {
        match ty {
            ValType::I32 => Some(Self::I32),
            ValType::I64 => Some(Self::I64),
            ValType::F32 => Some(Self::F32),
            ValType::F64 => Some(Self::F64),
            _ => None,
        }
    }
}

fn whole(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    // A second sign is none of ours.
    let second = digits.contains(['+', '-']);
    number
        .ok()
        .filter(|_| !second)
        .map(|number| sign * i128::from(number))
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
        })
    }
}

impl Signature {
    /// That of a module's function; `None` if it has anything but numbers.
    pub(crate) fn of(ty: &FuncType) -> Option<Self> {
        let types = |types: &[ValType]| -> Option<Vec<ValueType>> {
            types.iter().copied().map(ValueType::of).collect()
        };
        Some(Self {
            params: types(ty.params())?,
            results: types(ty.results())?,
        })
    }

    /// Whether a module's function has numbers only.
    pub(crate) fn is_of(ty: &FuncType) -> bool {
        let mut types = ty.params().iter().chain(ty.results());
        types.all(|ty| ValueType::of(*ty).is_some())
    }

    /// Whether a function of the module is of this type.
    pub(crate) fn fits(&self, ty: &FuncType) -> bool {
        let same = |found: &[ValType], own: &[ValueType]| {
            let found = found.iter().map(|ty| ValueType::of(*ty));
            found.eq(own.iter().copied().map(Some))
        };
        same(ty.params(), &self.params) && same(ty.results(), &self.results)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.results.as_slice() {
            [one] => write!(f, "{} -> {one}", List(&self.params)),
            several => write!(f, "{} -> {}", List(&self.params), List(several)),
        }
    }
}

/// Types in brackets, the first ones of many.
pub(crate) struct List<'a>(pub(crate) &'a [ValueType]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 16;
        f.write_str("(")?;
        for (index, ty) in self.0.iter().take(SHOWN).enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{ty}")?;
        }
        if let Some(more @ 1..) = self.0.len().checked_sub(SHOWN) {
            write!(f, ", and {more} more")?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_a_sign_or_all_their_bits() {
        for (text, number) in [
            ("0", 0),
            ("-1", -1),
            ("-2147483648", i32::MIN),
            ("4294967295", -1),
            ("0x7F", 127),
            ("-0x10", -16),
        ] {
            assert_eq!(ValueType::I32.parse(text), Some(Value::I32(number)), "{text}");
        }
        for text in [
            "",
            "-",
            "--1",
            "+-1",
            "1.0",
            "0x",
            "ten",
            "4294967296",
            "-2147483649",
            " 1",
        ] {
            assert_eq!(ValueType::I32.parse(text), None, "{text}");
        }
        assert_eq!(ValueType::I64.parse("18446744073709551615"), Some(Value::I64(-1)));
        assert_eq!(
            ValueType::I64.parse("-9223372036854775808"),
            Some(Value::I64(i64::MIN))
        );
        assert_eq!(ValueType::I64.parse("18446744073709551616"), None);
        assert_eq!(ValueType::I64.parse("-9223372036854775809"), None);
    }

    #[test]
    fn floats_are_read_as_rust_reads_them() {
        assert_eq!(ValueType::F64.parse("-1.5e3"), Some(Value::F64(-1500.0)));
        assert_eq!(ValueType::F32.parse("inf"), Some(Value::F32(f32::INFINITY)));
        assert_eq!(ValueType::F64.parse("0x10"), None);
    }

    #[test]
    fn types_are_shown_in_part_if_they_are_long() {
        let signature = Signature {
            params: vec![ValueType::F32; 20],
            results: vec![ValueType::I32, ValueType::I64],
        };
        let text = signature.to_string();
        assert!(text.ends_with("f32, and 4 more) -> (i32, i64)"), "{text}");
        let nothing = Signature::of(&FuncType::new([], [])).unwrap();
        assert_eq!(nothing.to_string(), "() -> ()");
    }

    #[test]
    fn only_numbers_make_a_signature_and_only_the_same_ones_fit() {
        use ValType::{F32, I32, I64, V128};
        let ty = FuncType::new([I32, I64], [F32]);
        let signature = Signature::of(&ty).unwrap();
        assert!(signature.fits(&ty) && Signature::is_of(&ty));
        for other in [
            FuncType::new([I32], [F32]),
            FuncType::new([I32, I64, I64], [F32]),
            FuncType::new([I64, I32], [F32]),
            FuncType::new([I32, I64], []),
            FuncType::new([I32, V128], [F32]),
        ] {
            assert!(!signature.fits(&other), "{other:?}");
        }
        for other in [FuncType::new([V128], []), FuncType::new([], [I32, V128])] {
            assert_eq!(Signature::of(&other), None);
            assert!(!Signature::is_of(&other));
        }
    }
}
