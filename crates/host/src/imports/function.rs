//! From closures over numbers to functions that have a type: what the compiler knows of a closure is checked against the
//! module when that is loaded.

use std::error::Error;
use std::sync::Arc;

use super::guest::Guest;
use crate::numbers::{Signature, Value, ValueType};

/// Parameters that a function can have: as many as the last line of this file.
pub(crate) const MOST_PARAMS: usize = 8;
/// Results that a function can have.
pub(crate) const MOST_RESULTS: usize = 4;

/// An error of a function, of any type.
type Failed = Box<dyn Error + Send + Sync>;

type Results = [Option<Value>; MOST_RESULTS];

type Called = dyn Fn(Guest<'_>, &[Value]) -> Result<Results, Failed> + Send + Sync;

/// A function that a guest can import.
#[derive(Clone)]
pub struct Function {
    pub(crate) signature: Signature,
    call: Arc<Called>,
}

impl Function {
    /// Calls it with numbers of its types.
    pub(crate) fn call(&self, guest: Guest<'_>, params: &[Value]) -> Result<Results, Failed> {
        (self.call)(guest, params)
    }
}

/// A type of Rust's that crosses the border between a guest and a function of its embedder's: `i32`, `u32`, `i64`, `u64`,
/// `f32` and `f64`.
///
/// ```
/// use threadlink_host::{Number, ValueType};
///
/// assert_eq!(<u32 as Number>::TYPE, ValueType::I32);
/// ```
pub trait Number: Into<Value> + sealed::Sealed + 'static {
    /// How WebAssembly has it.
    const TYPE: ValueType;

    #[doc(hidden)]
    fn of(value: Value) -> Option<Self>;
}

/// What a function of the embedder's can return: nothing, a [`Number`], up to four of them in a tuple, or a `Result` of these,
/// whose error ends the run.
///
/// ```
/// fn is_fine<R: threadlink_host::ImportResults>() {}
/// is_fine::<(u32, f64)>();
/// is_fine::<Result<(), std::io::Error>>();
/// ```
pub trait ImportResults: sealed::Sealed {
    #[doc(hidden)]
    fn types() -> Vec<ValueType>;

    #[doc(hidden)]
    fn values(self) -> Result<[Option<Value>; MOST_RESULTS], Box<dyn Error + Send + Sync>>;
}

/// A closure that a guest can import: it takes the [`Guest`] that calls and up to eight [`Number`]s, and returns
/// [`ImportResults`]. Threads of the guest call it at once, so it is `Send` and `Sync`. The types of its parameters have to be
/// written down.
///
/// ```
/// use threadlink_host::{Guest, ImportFunction};
///
/// fn is_fine<P, R>(_: impl ImportFunction<P, R>) {}
/// is_fine(|_: Guest<'_>, number: i32, factor: f64| f64::from(number) * factor);
/// ```
pub trait ImportFunction<Params, Results>: Send + Sync + 'static {
    #[doc(hidden)]
    fn into_function(self) -> Function;
}

mod sealed {
    /// Known to this crate alone, which so can rely on what implements it.
    pub trait Sealed {}
}

macro_rules! numbers {
    ($($number:ident = $variant:ident, $from:expr;)*) => {$(
        impl sealed::Sealed for $number {}
        impl Number for $number {
            const TYPE: ValueType = ValueType::$variant;

            fn of(value: Value) -> Option<Self> {
                match value {
                    Value::$variant(number) => Some($from(number)),
                    _ => None,
                }
            }
        }
        impl ImportResults for $number {
            fn types() -> Vec<ValueType> {
                vec![Self::TYPE]
            }

            fn values(self) -> Result<Results, Failed> {
                Ok([Some(self.into()), None, None, None])
            }
        }
    )*};
}

numbers! {
    i32 = I32, std::convert::identity;
    u32 = I32, i32::cast_unsigned;
    i64 = I64, std::convert::identity;
    u64 = I64, i64::cast_unsigned;
    f32 = F32, std::convert::identity;
    f64 = F64, std::convert::identity;
}

impl sealed::Sealed for () {}
impl ImportResults for () {
    fn types() -> Vec<ValueType> {
        Vec::new()
    }

    fn values(self) -> Result<Results, Failed> {
        Ok([None; MOST_RESULTS])
    }
}

impl<R: ImportResults, E> sealed::Sealed for Result<R, E> {}
impl<R: ImportResults, E: Into<Failed>> ImportResults for Result<R, E> {
    fn types() -> Vec<ValueType> {
        R::types()
    }

    fn values(self) -> Result<Results, Failed> {
        self.map_err(Into::into)?.values()
    }
}

macro_rules! tuples {
    ($(($($value:ident: $number:ident)*);)*) => {$(
        impl<$($number: Number),*> sealed::Sealed for ($($number,)*) {}
        impl<$($number: Number),*> ImportResults for ($($number,)*) {
            fn types() -> Vec<ValueType> {
                vec![$($number::TYPE),*]
            }

            fn values(self) -> Result<Results, Failed> {
                let ($($value,)*) = self;
                let mut values = [None; MOST_RESULTS];
                for (place, value) in values.iter_mut().zip([$($value.into()),*]) {
                    *place = Some(value);
                }
                Ok(values)
            }
        }
    )*};
}

tuples! {
    (a: A);
    (a: A b: B);
    (a: A b: B c: C);
    (a: A b: B c: C d: D);
}

macro_rules! functions {
    ($(($($value:ident: $number:ident)*);)*) => {$(
        impl<F, R, $($number: Number),*> ImportFunction<($($number,)*), R> for F
        where
            F: Fn(Guest<'_>, $($number),*) -> R + Send + Sync + 'static,
            R: ImportResults,
        {
            fn into_function(self) -> Function {
                Function {
                    signature: Signature {
                        params: vec![$($number::TYPE),*],
                        results: R::types(),
                    },
                    call: Arc::new(move |guest, params| {
                        // The engine has checked both number and types.
                        let wrong = "the numbers are not those of the function's type";
                        let [$($value),*] = *params else { return Err(wrong.into()) };
                        $(let $value = $number::of($value).ok_or(wrong)?;)*
                        self(guest, $($value),*).values()
                    }),
                }
            }
        }
    )*};
}

functions! {
    ();
    (a: A);
    (a: A b: B);
    (a: A b: B c: C);
    (a: A b: B c: C d: D);
    (a: A b: B c: C d: D e: E);
    (a: A b: B c: C d: D e: E g: G);
    (a: A b: B c: C d: D e: E g: G h: H);
    (a: A b: B c: C d: D e: E g: G h: H i: I);
}
