//! Was it for want of memory or of stack that a thread trapped?

use threadlink_watch::{MAIN, Thread};
use wasmtime::Trap;

use super::fall::Fall;
use super::shared::Run;
use crate::exhausted::{Exhausted, MemoryLimit};
use crate::load::PAGE;

/// How far below the stack pointer a function that calls no other may write: code does without moving it then.
const RED_ZONE: i32 = 128;

/// What an allocator takes beside what it was asked for: a page that is begun, and its own books.
const BESIDE: u64 = 2 * PAGE;

/// What the thread was out of, if that is why it has trapped.
pub(super) fn of(run: &Run, thread: &Thread, fall: &Fall<'_>) -> Option<Exhausted> {
    let trap = fall.error.downcast_ref::<Trap>().copied()?;
    if trap == Trap::StackOverflow {
        return Some(Exhausted::EngineStack {
            size: run.program.engine.max_wasm_stack(),
        });
    }
    if trap == Trap::UnreachableCodeReached
        && let Some(wanted) = thread
            .block
            .and_then(|block| block.missed_allocation(run.memory()))
    {
        return Some(memory(run, wanted));
    }
    main_stack(run, thread, trap, fall)
}

fn memory(run: &Run, wanted: u32) -> Exhausted {
    let used = run.memory().len();
    let pages = run.memory().shared().ty().maximum().unwrap_or(PAGE);
    let limit = pages.saturating_mul(PAGE);
    let by = if used.saturating_add(wanted.into()).saturating_add(BESIDE) <= limit {
        MemoryLimit::System
    } else if pages < run.program.facts.memory_declared.into() {
        MemoryLimit::Host
    } else {
        MemoryLimit::Module
    };
    Exhausted::Memory {
        wanted,
        used,
        limit,
        by,
    }
}

/// The main thread's stack ends at address 0, as the linker lays it. Below are the highest addresses, which no memory has:
/// so an overflow of this one is a trap, and harms nobody.
fn main_stack(run: &Run, thread: &Thread, trap: Trap, fall: &Fall<'_>) -> Option<Exhausted> {
    let known = run.program.facts.stack_pointer?;
    let now = fall.stack_pointer?.cast_signed();
    let left = if trap == Trap::MemoryOutOfBounds {
        RED_ZONE
    } else {
        0
    };
    (thread.id == MAIN && now < left).then_some(Exhausted::Stack {
        size: Some(known.top),
    })
}
