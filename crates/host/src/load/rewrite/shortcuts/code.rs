//! The code of the shortcuts.
//!
//! | hook | does |
//! |---|---|
//! | `start_lock`, `start_read` | nothing if the lock is held by now (`OP_AFTERWARDS`); else a wait or a timed attempt begins, of which the host is told |
//! | `finish_lock` | tells the host if it was told of the beginning; marks the lock with the thread and the place |
//! | `finish_read` | the same, or puts the lock into the thread's list; tells the host of what has no room there |
//! | `start_read_unlock` | takes the lock out of the list; tells the host if it is not in it |
//! | `start_unlock`, `notify`, `unpark` | nothing |
//!
//! As long as the global [`Block`](super::parts::Word::Block) is 0, all that they do is to call the host's hook of the same name.
//! Of what is no lock, as it is not wholly inside the memory, the host is told as of a lock without room.

use threadlink_abi::Hook;
use threadlink_abi::layout::{block, lock};
use threadlink_watch::guest::mark;
use wasm_encoder::{BlockType, Function, MemArg};

use super::Shortcuts;
use super::parts::{Code, Word, at};

/// The one for a hook.
pub(super) fn function(of: &Shortcuts, hook: Hook) -> Function {
    let mut function = Function::new([]);
    let to = function.instructions();
    let mut code = Code { to, of };
    code.get(Word::Block).to.i32_eqz().if_(BlockType::Empty);
    code.tell(hook).to.return_().end();
    match hook {
        Hook::StartLock | Hook::StartRead => start(&mut code, hook),
        Hook::FinishLock => finish_lock(&mut code),
        Hook::FinishRead => finish_read(&mut code),
        Hook::StartReadUnlock => start_read_unlock(&mut code),
        _ => {}
    }
    code.to.end();
    function
}

/// Puts on the stack whether the lock was held when its operation was announced: a number that is not 0, or 0.
fn was_free(code: &mut Code<'_>) {
    let afterwards = block::OP_AFTERWARDS.cast_signed();
    code.operation().to.i32_const(afterwards).i32_and();
}

/// Tells the host of a lock that was free, and of which it was told nothing yet.
///
/// What the thread says that it had to wait for did begin before its block was known: in a start function, say. To the host a
/// beginning now would be a wait for itself.
fn tell_afterwards(code: &mut Code<'_>, [start, finish]: [Hook; 2]) {
    was_free(code);
    code.to.if_(BlockType::Empty);
    code.tell(start).to.end();
    code.tell(finish);
}

/// Tells the host of what is no lock, and leaves the function.
fn if_outside(code: &mut Code<'_>, hooks: [Hook; 2]) {
    // With all pages that there can be, the size wraps to 0, and what is taken from it wraps back.
    code.to
        .local_get(0)
        .memory_size(0)
        .i32_const(16)
        .i32_shl()
        .i32_const(lock::SIZE.cast_signed())
        .i32_sub()
        .i32_gt_u()
        .if_(BlockType::Empty);
    code.set(Word::Told, 0);
    tell_afterwards(code, hooks);
    code.to.return_().end();
}

fn start(code: &mut Code<'_>, hook: Hook) {
    was_free(code);
    // A timed attempt that was told of and has given up has no end: this is not its.
    code.to.if_(BlockType::Empty);
    code.set(Word::Told, 0).to.return_().end();
    code.set(Word::Told, 1).tell(hook);
}

/// If the host was told of a wait, tells it of the end; what follows is done then, up to the `end` that the caller adds.
fn if_told(code: &mut Code<'_>, hook: Hook) {
    code.get(Word::Told).to.if_(BlockType::Empty);
    code.set(Word::Told, 0).tell(hook);
}

fn finish_lock(code: &mut Code<'_>) {
    if_outside(code, [Hook::StartLock, Hook::FinishLock]);
    if_told(code, Hook::FinishLock);
    // These are no lock's words.
    code.operation()
        .to
        .i32_const(block::OP_ENDED.cast_signed())
        .i32_eq()
        .if_(BlockType::Empty)
        .return_()
        .end()
        .end();
    code.to.local_get(0);
    code.get(Word::Thread)
        .to
        .i32_store(at(mark::TAKEN_BY))
        .local_get(0);
    code.site()
        .to
        .local_get(0)
        .i32_load(at(mark::TAKEN_AT))
        .i32_const(mark::WAS_READ.cast_signed())
        .i32_and()
        .i32_or()
        .i32_store(at(mark::TAKEN_AT));
}

/// Where the word of an entry of the list is, from the control block on.
fn entry(index: u32, word: u32) -> MemArg {
    at(mark::READS + index * mark::READ_SIZE + word)
}

/// Marks a lock as one that is read. Once a lock, so that many readers do not write the word all the time.
fn was_read(code: &mut Code<'_>) {
    let bit = mark::WAS_READ.cast_signed();
    code.to
        .local_get(0)
        .i32_load(at(mark::TAKEN_AT))
        .i32_const(bit)
        .i32_and()
        .i32_eqz()
        .if_(BlockType::Empty)
        .local_get(0)
        .local_get(0)
        .i32_load(at(mark::TAKEN_AT))
        .i32_const(bit)
        .i32_or()
        .i32_store(at(mark::TAKEN_AT))
        .end();
}

fn finish_read(code: &mut Code<'_>) {
    let both = [Hook::StartRead, Hook::FinishRead];
    if_outside(code, both);
    // What had to wait is in the host's own list.
    if_told(code, Hook::FinishRead);
    code.to.return_().end();
    was_read(code);
    for index in 0..mark::READS_KEPT {
        code.get(Word::Block)
            .to
            .i32_load(entry(index, mark::READ_LOCK))
            .i32_eqz()
            .if_(BlockType::Empty);
        code.get(Word::Block)
            .to
            .local_get(0)
            .i32_load(at(lock::INSTANCE))
            .i32_store(entry(index, mark::READ_INSTANCE));
        code.get(Word::Block);
        code.site().to.i32_store(entry(index, mark::READ_SITE));
        code.get(Word::Block)
            .to
            .local_get(0)
            .i32_store(entry(index, mark::READ_LOCK))
            .return_()
            .end();
    }
    tell_afterwards(code, both);
}

fn start_read_unlock(code: &mut Code<'_>) {
    for index in 0..mark::READS_KEPT {
        code.get(Word::Block)
            .to
            .i32_load(entry(index, mark::READ_LOCK))
            .local_get(0)
            .i32_eq()
            .if_(BlockType::Empty);
        code.get(Word::Block)
            .to
            .i32_const(0)
            .i32_store(entry(index, mark::READ_LOCK))
            .return_()
            .end();
    }
    code.tell(Hook::StartReadUnlock);
}
