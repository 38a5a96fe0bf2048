//! Ending the program: [`exit`], [`ExitCode`] and what `main` may return.

mod exit_code;
mod termination;

pub use self::exit_code::ExitCode;
pub use self::termination::Termination;

/// Ends the program at once with this exit code, whatever its threads do. No destructors run.
///
/// On wasm this imports `threadlink.exit`, which only hosts with Threadlink's extensions have.
///
/// ```no_run
/// threadlink::process::exit(2);
/// ```
pub fn exit(code: i32) -> ! {
    crate::backend::exit(code)
}
