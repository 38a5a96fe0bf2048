//! What runs on a thread around the program's own code: on a new thread, and on the main thread.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use super::block::{ControlBlock, MAIN_BLOCK, Task};
use super::current::{current, enter};
use super::{imports, memory, reaper};
use crate::Shell;
use crate::lifecycle::Duty;
use threadlink_abi::errno;

/// A new thread, from its first Rust instruction to its last.
pub(super) fn run(block: &ControlBlock) {
    enter(block);
    // SAFETY: the spawner has handed the block over with `thread_create`.
    let Some(Task { work, shell }) = (unsafe { block.take_task() }) else {
        // A host started this thread twice, or by itself.
        imports::panic(errno::NO_RESULT);
    };
    (shell.begin)();
    work.run();
    run_destructors(shell, block);
    if !memory::is_intact(block) {
        // On the damaged thread itself, so that the host can say its name.
        imports::panic(errno::STACK_GUARD_DAMAGED);
    }
    match block.lifecycle.finish() {
        // SAFETY: nothing follows but the way out; the handle was dropped before, so this is the only push.
        Duty::Reap => unsafe { reaper::push(NonNull::from(block)) },
        Duty::None => reaper::finished(block),
    }
}

/// Says that the program's code has returned on the thread that calls, and that what follows is the end of its work.
pub fn closure_returned() {
    reaper::begin_ending(current());
}

/// The number that the host gave the thread that calls; 0 for one that we did not start, or if the host is late.
pub fn id() -> u32 {
    current().id.load(Ordering::Relaxed)
}

/// Runs the main thread's destructors of thread-locals, once its code has returned.
pub fn end_of_main(shell: &Shell) {
    (shell.begin)();
    run_destructors(shell, current());
}

/// Says what the program ends with: the last thing before the entry point returns, on the thread that the host has called it
/// on. A host that knows nothing of this sees an entry point that has returned.
///
/// Unlike `imports::exit`, this takes no import, and lets whoever has called the entry point go on.
pub fn set_exit_code(code: i32) {
    MAIN_BLOCK.set_exit_code(code);
}

fn run_destructors(shell: &Shell, block: &ControlBlock) {
    block.enter_destructors();
    if let Some(destructors) = shell.destructors {
        destructors();
    }
}
