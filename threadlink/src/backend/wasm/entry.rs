//! What runs on a thread that the host called an entry point on, around the program's own code.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::panic_hook;
use super::thread::SHELL;

/// Runs the program's code. A panic doesn't come back.
pub(crate) fn entry<T>(f: impl FnOnce() -> T) -> T {
    panic_hook::install();
    let result = catch_unwind(AssertUnwindSafe(f));
    panic_hook::caught();
    match result {
        Ok(value) => value,
        Err(payload) => {
            // The trap makes the host look for the message. Unwinding out of the entry point would replace it by one
            // about that.
            panic_hook::uncaught(&*payload);
            std::mem::forget(payload);
            std::process::abort()
        }
    }
}

/// The main thread's destructors of thread-locals, once `main` has returned.
pub(crate) fn end_of_main() {
    threadlink_rt::end_of_main(&SHELL);
}
