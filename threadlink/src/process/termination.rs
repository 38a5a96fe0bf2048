//! [`Termination`]: what `main` may return.

use std::convert::Infallible;
use std::fmt::Debug;

use super::ExitCode;

/// What `#[threadlink::main]` may return, as with std's trait of the same name.
///
/// ```
/// use threadlink::process::{ExitCode, Termination};
///
/// assert_eq!(().report(), ExitCode::SUCCESS);
/// assert_eq!(Ok::<ExitCode, String>(ExitCode::from(3)).report(), ExitCode::from(3));
/// assert_eq!(Err::<(), _>("prints `Error: ..` to the standard error").report(), ExitCode::FAILURE);
/// ```
#[diagnostic::on_unimplemented(
    message = "`main` cannot return `{Self}`",
    label = "not something a program can end with",
    note = "return `()`, an `ExitCode`, or a `Result` whose error is `Debug`"
)]
pub trait Termination {
    /// The program's exit code. Prints what there is to say on the way.
    fn report(self) -> ExitCode;

    /// Ends a wasm program: what calls this returns to the host next. A failure is left in memory for it, which takes no import.
    #[doc(hidden)]
    fn end(self)
    where
        Self: Sized,
    {
        let code = self.report();
        if code != ExitCode::SUCCESS {
            crate::backend::set_exit_code(code.get().into());
        }
    }
}

impl Termination for () {
    fn report(self) -> ExitCode {
        ExitCode::SUCCESS
    }
}

/// The type `!`, which has no name on stable Rust except as what some function returns.
trait Returns {
    type Output;
}

impl<T> Returns for fn() -> T {
    type Output = T;
}

#[allow(private_interfaces)] // only the alias is private: `!` itself is everyone's
impl Termination for <fn() -> ! as Returns>::Output {
    fn report(self) -> ExitCode {
        self
    }
}

impl Termination for Infallible {
    fn report(self) -> ExitCode {
        match self {}
    }
}

impl Termination for ExitCode {
    fn report(self) -> ExitCode {
        self
    }
}

impl Termination for std::process::ExitCode {
    fn report(self) -> ExitCode {
        self.into()
    }
}

impl<T: Termination, E: Debug> Termination for Result<T, E> {
    fn report(self) -> ExitCode {
        match self {
            Ok(value) => value.report(),
            Err(error) => {
                // As in std, a closed standard error does not change the exit code.
                crate::backend::try_write_error(&format!("Error: {error:?}\n"));
                ExitCode::FAILURE
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code<T: Termination>(main: fn() -> T) -> u8 {
        main().report().get()
    }

    #[test]
    fn every_kind_of_main_reports_its_code() {
        assert_eq!(code(|| ()), 0);
        assert_eq!(code(|| ExitCode::from(9)), 9);
        assert_eq!(code(|| std::process::ExitCode::from(4)), 4);
        assert_eq!(code(|| Ok::<(), u8>(())), 0);
        assert_eq!(code(|| Ok::<ExitCode, u8>(ExitCode::from(5))), 5);
        assert_eq!(code(|| Err::<(), u8>(5)), 1);
    }

    #[test]
    fn a_main_that_never_returns_is_accepted() {
        fn never() -> ! {
            std::panic::panic_any("never")
        }
        fn accepts<T: Termination>(main: fn() -> T) -> bool {
            std::panic::catch_unwind(|| main().report()).is_err()
        }
        assert!(accepts(never));
    }
}
