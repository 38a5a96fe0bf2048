//! What the code that the macros emit uses. Nothing here is stable.

mod export;
mod names;
pub mod std_facade;
pub mod std_types;
pub mod test_record;

pub use self::export::{ExportParameter, ExportResult, export_parameter, export_result};
pub use self::names::{Lock, named};
use crate::process::Termination;

/// Runs a wasm program's `main`, as its `_start` does: called once, on the main thread.
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
pub fn run_main<T: Termination>(main: fn() -> T) {
    let value = crate::backend::entry(main);
    crate::backend::end_of_main();
    value.end();
}

/// Runs the body of an entry point of a wasm library, and gives the host the result. It can be called again and
/// again.
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
pub fn run_export<R: ExportResult>(body: impl FnOnce() -> R) -> R::Wasm {
    crate::backend::entry(body).into_wasm()
}

/// Runs an exported function's code where std has the threads, and has printed a panic that comes out of it.
#[cfg(all(target_arch = "wasm32", target_os = "unknown", threadlink_std))]
pub fn run_export<R: ExportResult>(body: impl FnOnce() -> R) -> R::Wasm {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)) {
        Ok(result) => result.into_wasm(),
        Err(payload) => {
            let text = payload
                .downcast_ref::<&str>()
                .copied()
                .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
            // The trap makes the host look for the message.
            threadlink_rt::unwound(text.unwrap_or("a panic whose payload is no text"));
            std::mem::forget(payload);
            std::arch::wasm32::unreachable()
        }
    }
}

/// Sets how many bytes of stack a thread gets that asks for nothing else.
#[cfg(not(all(target_arch = "wasm32", target_os = "unknown", threadlink_std)))]
pub fn set_stack_size(bytes: usize) {
    threadlink_rt::default_stack::set(bytes);
}

/// Sets how many bytes of stack a thread of std's gets that asks for nothing else.
#[cfg(all(target_arch = "wasm32", target_os = "unknown", threadlink_std))]
pub fn set_stack_size(bytes: usize) {
    threadlink_rt::set_default_stack(bytes);
}

/// Runs a test, which has the module to itself: the host gives each test fresh memory.
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
pub fn run_test<T: Termination>(test: fn() -> T) {
    run_main(test);
}

/// Runs a native program's `main`.
#[cfg(not(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std))))]
pub fn run_main_native<T: Termination>(main: fn() -> T) -> std::process::ExitCode {
    main().report().into()
}

#[cfg(all(
    test,
    not(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))
))]
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
