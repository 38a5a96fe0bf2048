//! What the code that the macros emit uses. Nothing here is stable.

pub mod std_types;
pub mod test_record;

use crate::process::Termination;

/// Runs a wasm program's `main`, as its `_start` does: called once, on the main thread.
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
pub fn run_main<T: Termination>(main: fn() -> T) {
    let value = crate::backend::entry(main);
    crate::backend::end_of_main();
    value.end();
}

/// Runs the body of an entry point of a wasm library. It can be called again and again.
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
pub fn run_export<T: Termination>(body: fn() -> T) {
    crate::backend::entry(body).end();
}

/// Runs a test, which has the module to itself: the host gives each test fresh memory.
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
pub fn run_test<T: Termination>(test: fn() -> T) {
    run_main(test);
}

/// Runs a native program's `main`.
#[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
pub fn run_main_native<T: Termination>(main: fn() -> T) -> std::process::ExitCode {
    main().report().into()
}

#[cfg(all(test, not(all(target_arch = "wasm32", target_os = "unknown"))))]
mod tests {
    use super::*;

    #[test]
    fn a_native_main_gives_its_code_to_std() {
        assert_eq!(run_main_native(|| ()), std::process::ExitCode::SUCCESS);
        assert_eq!(
            run_main_native(|| Err::<(), _>("no")),
            std::process::ExitCode::FAILURE
        );
    }
}
