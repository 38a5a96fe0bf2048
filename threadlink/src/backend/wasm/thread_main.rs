//! What runs on a thread around the program's own code: on a new thread, and on the main thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use super::block::{self, ControlBlock};
use super::{memory, panic_hook, reaper, system, tls_dtors};
use crate::thread::lifecycle::Duty;
use threadlink_abi::errno;

/// A new thread, from its first Rust instruction to its last.
pub(super) fn run(block: &ControlBlock) {
    block.enter();
    tls_dtors::find();
    // SAFETY: the spawner has handed the block over with `thread_create`.
    let Some(work) = (unsafe { block.take_work() }) else {
        // A host started this thread twice, or by itself.
        system::fatal(errno::NO_RESULT);
    };
    work();
    block.enter_destructors();
    tls_dtors::run();
    if !memory::is_intact(block) {
        // On the damaged thread itself, so that the host can say its name.
        system::fatal(errno::STACK_GUARD_DAMAGED);
    }
    match block.lifecycle.finish() {
        // SAFETY: nothing follows but the way out; the handle was dropped before, so this is the only push.
        Duty::Reap => unsafe { reaper::push(NonNull::from(block)) },
        Duty::None => reaper::finished(block),
    }
}

/// Called by the work when the program's closure has returned, before its result is stored.
pub(crate) fn closure_returned() {
    reaper::begin_ending(block::current());
}

/// Runs the program's code on a thread that the host called an entry point on. A panic doesn't come back.
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
    tls_dtors::find();
    block::current().enter_destructors();
    tls_dtors::run();
}
