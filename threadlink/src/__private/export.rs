//! What `#[threadlink::export]` lets through to a host, and in which wasm type.

use std::fmt::Debug;

use crate::process::{ExitCode, Termination};

/// A type that a host can pass.
#[diagnostic::on_unimplemented(
    message = "a host cannot pass `{Self}` to an entry point",
    label = "not a number that wasm knows",
    note = "parameters are of the types `i32`, `u32`, `i64`, `u64`, `isize`, `usize`, `f32`, `f64` and `bool`; pass other things through memory, as an address and a length"
)]
pub trait ExportParameter {
    /// What the host passes.
    type Wasm;

    /// Makes the value out of it. Every value that a host can pass makes one.
    fn from_wasm(value: Self::Wasm) -> Self;
}

/// A type that a host can be given back.
#[diagnostic::on_unimplemented(
    message = "an entry point cannot return `{Self}` to a host",
    label = "not a number that wasm knows, nor something a program can end with",
    note = "return nothing, a number (`i32`, `u32`, `i64`, `u64`, `isize`, `usize`, `f32`, `f64`), a `bool`, an `ExitCode`, or a `Result` of one of these whose error is `Debug`"
)]
pub trait ExportResult {
    /// What the host gets.
    type Wasm;

    /// Makes it. Ends the program instead if the value says that something failed.
    fn into_wasm(self) -> Self::Wasm;
}

/// Compiles only for what a host can pass.
pub fn export_parameter<T: ExportParameter>() {}

/// Compiles only for what a host can be given back.
pub fn export_result<T: ExportResult>() {}

macro_rules! numbers {
    ($($number:ident)+) => {$(
        impl ExportParameter for $number {
            type Wasm = $number;

            fn from_wasm(value: $number) -> Self {
                value
            }
        }

        impl ExportResult for $number {
            type Wasm = $number;

            fn into_wasm(self) -> $number {
                self
            }
        }
    )+};
}

numbers!(i32 u32 i64 u64 isize usize f32 f64);

impl ExportParameter for bool {
    type Wasm = u32;

    fn from_wasm(value: u32) -> Self {
        value != 0
    }
}

impl ExportResult for bool {
    type Wasm = u32;

    fn into_wasm(self) -> u32 {
        self.into()
    }
}

impl ExportResult for () {
    type Wasm = ();

    fn into_wasm(self) {}
}

/// The type `!`, which has no name on stable Rust except as what some function returns.
trait Returns {
    type Output;
}

impl<T> Returns for fn() -> T {
    type Output = T;
}

#[allow(private_interfaces)] // only the alias is private: `!` itself is everyone's
impl ExportResult for <fn() -> ! as Returns>::Output {
    type Wasm = ();

    fn into_wasm(self) {
        self
    }
}

impl ExportResult for ExitCode {
    type Wasm = ();

    fn into_wasm(self) {
        self.end();
    }
}

impl ExportResult for std::process::ExitCode {
    type Wasm = ();

    fn into_wasm(self) {
        self.end();
    }
}

impl<T: ExportResult, E: Debug> ExportResult for Result<T, E> {
    type Wasm = T::Wasm;

    fn into_wasm(self) -> T::Wasm {
        match self {
            Ok(value) => value.into_wasm(),
            Err(error) => {
                let code = Err::<ExitCode, E>(error).report();
                crate::process::exit(i32::from(code.get()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_that_a_host_passes_is_a_bool() {
        for (number, expected) in [(0, false), (1, true), (2, true), (u32::MAX, true)] {
            assert_eq!(bool::from_wasm(number), expected);
        }
        assert_eq!((true.into_wasm(), false.into_wasm()), (1, 0));
    }

    #[test]
    fn results_give_what_they_hold() {
        assert_eq!(Ok::<u64, String>(7).into_wasm(), 7);
        Ok::<(), String>(()).into_wasm();
        ExitCode::SUCCESS.into_wasm();
        assert_eq!(f64::from_wasm(1.5).into_wasm(), 1.5);
    }
}
