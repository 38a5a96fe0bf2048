//! The code of the shortcuts.
//!
//! | hook | does |
//! |---|---|
//! | `start_lock`, `start_read` | nothing if the lock is held by now (`OP_AFTERWARDS`); else a wait or a timed attempt begins, of which the host is told |
//! | `finish_lock` | tells the host if it was told of the beginning; marks the lock with the thread and the place |
//! | `finish_read` | the same, or puts the lock into the thread's list; tells the host of what has no room there |
//! | `start_read_unlock` | takes the lock out of the list; tells the host if it is not in it |
//! | `start_park` | tells the host |
//! | `finish_park` | tells the host if it was told of the beginning: a message that was there is received without one |
//! | `start_unlock`, `notify`, `unpark` | nothing |
//!
//! Where a trace is recorded, what the table says of the host is said of the trace: `start_unlock` and what begins a read or a
//! lock goes into the ring of the thread ([`ring`](super::ring)), or is told to the host, as are `notify`, `unpark` and each `finish_park`.
//!
//! As long as the global [`Block`](super::parts::Word::Block) is 0, all that they do is to call the host's hook of the same name.
//! Of what is no lock, as it is not wholly inside the memory, the host is told as of a lock without room.

use threadlink_abi::Hook;
use threadlink_abi::layout::{block, lock};
use threadlink_trace::CompactKind;
use threadlink_watch::guest::mark;
use wasm_encoder::{BlockType, Function};

use super::parts::{Code, Word, at};
use super::places::Shortcuts;
use super::ring;

/// The one for a hook. `drain` is the function of the host that makes room in the thread's ring.
pub(super) fn function(of: &Shortcuts, hook: Hook, drain: u32) -> Function {
    let mut function = Function::new(if hook.import().params.len() == 1 {
        ring::LOCALS.to_vec()
    } else {
        Vec::new()
    });
    let to = function.instructions();
    let mut code = Code { to, of, drain };
    code.get(Word::Block).to.i32_eqz().if_(BlockType::Empty);
    code.tell(hook).to.return_().end();
    match hook {
        Hook::StartLock | Hook::StartRead => start(&mut code, hook),
        Hook::FinishLock => finish_lock(&mut code),
        Hook::FinishRead => finish_read(&mut code),
        Hook::StartReadUnlock => start_read_unlock(&mut code),
        Hook::StartUnlock => start_unlock(&mut code),
        Hook::StartPark => {
            code.set(Word::Parked, 1).tell(hook);
        }
        Hook::FinishPark => finish_park(&mut code),
        _ => {
            code.get(Word::Page).to.if_(BlockType::Empty);
            code.tell(hook).to.end();
        }
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

/// Puts on the stack whether the lock's words are not all inside the memory.
fn is_outside(code: &mut Code<'_>) {
    // With all pages that there can be, the size wraps to 0, and what is taken from it wraps back.
    code.to
        .local_get(0)
        .memory_size(0)
        .i32_const(16)
        .i32_shl()
        .i32_const(lock::SIZE.cast_signed())
        .i32_sub()
        .i32_gt_u();
}

/// Tells the host of what is no lock, and leaves the function.
fn if_outside(code: &mut Code<'_>, hooks: [Hook; 2]) {
    is_outside(code);
    code.to.if_(BlockType::Empty);
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
        .else_();
    ring::page(code);
    code.to.if_(BlockType::Empty);
    record_lock(code);
    code.to.end().end();
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

/// The lock was free: that goes into the ring if it can, or the host is told.
fn record_lock(code: &mut Code<'_>) {
    code.to.block(BlockType::Empty).block(BlockType::Empty);
    ring::unless_lock_is_known(code, 0);
    ring::unless_operation_is_known(code, 0);
    ring::acquire(code, [CompactKind::AtOnce, CompactKind::Try]);
    code.to.br(1).end();
    tell_afterwards(code, [Hook::StartLock, Hook::FinishLock]);
    code.to.end();
}

fn start_unlock(code: &mut Code<'_>) {
    ring::page(code);
    code.to.i32_eqz().if_(BlockType::Empty).return_().end();
    code.to.block(BlockType::Empty);
    is_outside(code);
    code.to.br_if(0);
    ring::unless_lock_is_known(code, 0);
    ring::release(code);
    code.to.return_().end();
    code.tell(Hook::StartUnlock);
}

fn finish_park(code: &mut Code<'_>) {
    code.get(Word::Parked);
    code.get(Word::Page).to.i32_or().if_(BlockType::Empty);
    code.set(Word::Parked, 0).tell(Hook::FinishPark).to.end();
}

/// Finds an entry of the thread's list, and goes on if there is one with that lock; else leaves the innermost block. A lock is
/// put on the stack by `lock`: 0 for a free entry.
fn find(code: &mut Code<'_>, lock: impl Fn(&mut Code<'_>)) {
    code.to.block(BlockType::Empty);
    for index in 0..mark::READS_KEPT {
        code.get(Word::Block)
            .to
            .i32_const((mark::READS + index * mark::READ_SIZE).cast_signed())
            .i32_add()
            .local_tee(ring::FOUND)
            .i32_load(at(mark::READ_LOCK));
        lock(code);
        code.to.i32_eq().br_if(0);
    }
    code.to.br(1).end();
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
    code.to.block(BlockType::Empty);
    ring::page(code);
    code.to.if_(BlockType::Empty);
    ring::unless_lock_is_known(code, 1);
    ring::unless_operation_is_known(code, 1);
    code.to.end();
    find(code, |code| {
        code.to.i32_const(0);
    });
    code.to
        .local_get(ring::FOUND)
        .local_get(0)
        .i32_load(at(lock::INSTANCE))
        .i32_store(at(mark::READ_INSTANCE))
        .local_get(ring::FOUND);
    code.site()
        .to
        .i32_store(at(mark::READ_SITE))
        .local_get(ring::FOUND)
        .local_get(0)
        .i32_store(at(mark::READ_LOCK));
    ring::same_page(code);
    code.to.if_(BlockType::Empty);
    ring::acquire(code, [CompactKind::ReadAtOnce, CompactKind::ReadTry]);
    code.to.end().return_().end();
    // It goes into the host's list.
    tell_afterwards(code, both);
}

fn start_read_unlock(code: &mut Code<'_>) {
    code.to.block(BlockType::Empty);
    find(code, |code| {
        code.to.local_get(0);
    });
    ring::page(code);
    code.to.i32_eqz().if_(BlockType::Empty);
    forget_read(code);
    code.to.return_().end();
    code.to.block(BlockType::Empty);
    // What stands in the list is a claim of the guest's.
    is_outside(code);
    code.to.br_if(0);
    ring::unless_lock_is_known(code, 0);
    forget_read(code);
    ring::release_read(code);
    code.to.return_().end();
    // Still in the list, so that the host sees that it is this thread's own.
    code.tell(Hook::StartReadUnlock);
    forget_read(code);
    code.to.return_().end();
    code.tell(Hook::StartReadUnlock);
}

/// Takes the entry that was found out of the list.
fn forget_read(code: &mut Code<'_>) {
    code.to
        .local_get(ring::FOUND)
        .i32_const(0)
        .i32_store(at(mark::READ_LOCK));
}
