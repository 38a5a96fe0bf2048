//! What runs on a thread that the host called an entry point on, around the program's own code.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::panic_hook;
use super::thread::SHELL;

/// Runs the program's code. A panic doesn't come back.
pub(crate) fn entry<T>(f: impl FnOnce() -> T) -> T {
    panic_hook::install();
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(value) => value,
        Err(payload) => {
            // The hook has kept the message; the trap makes the host look for it. Unwinding out of the entry
            // point would replace it by one about that.
            std::mem::forget(payload);
            std::process::abort()
        }
    }
}

/// The main thread's destructors of thread-locals, once `main` has returned.
pub(crate) fn end_of_main() {
    threadlink_rt::end_of_main(&SHELL);
}
