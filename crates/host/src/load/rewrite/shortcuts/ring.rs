//! What shortcuts do where a trace is recorded: they put events into the thread's ring (`crate::rings`).
//!
//! An event goes there if the trace was told of the lock and of the place before, and there is nothing else to tell. For all
//! others the host is called, which tells the trace what is missing, records, and notes in the ring what the trace knows now.

use threadlink_abi::layout::{block, lock};
use threadlink_trace::{CompactEvent, CompactKind};
use wasm_encoder::{BlockType, InstructionSink, MemArg, MemArgTarget, ValType};

use super::parts::{Code, Word, at};
use crate::rings::layout::{
    CAPACITY, CLOCK, CLOSED, ENDED, EVENTS, GENERATIONS, LAST, LATEST_BITS, LIMIT, LOCK, LOCK_GENERATION,
    LOCK_SIZE, LOCKS, PLACE_BITS, SITES, SPREAD, WRITTEN,
};

/// The locals of shortcuts that take a lock: 32 bits each, and then 64. The lock's address is the parameter before them.
pub(super) const LOCALS: [(u32, ValType); 2] = [(6, ValType::I32), (2, ValType::I64)];

/// The lock's address.
const ADDRESS: u32 = 0;
/// Where the thread's page begins.
const PAGE: u32 = 1;
/// The address that is looked up, spread over all bits.
const SPREAD_OUT: u32 = 2;
/// Where an entry of a table stands.
const ENTRY: u32 = 3;
/// The place of the operation; 0 where none is told.
const PLACE: u32 = 4;
/// How many events were written.
const COUNT: u32 = 5;
/// Free for whoever calls this.
pub(super) const FOUND: u32 = 6;
/// The time of the event.
const TIME: u32 = 7;
/// The time of what it comes after.
const BEFORE: u32 = 8;

/// What is loaded or stored in the rings' memory, at an address and this offset.
fn ring(offset: u32, align: u32) -> MemArg {
    MemArg {
        align,
        target: MemArgTarget::Memory(1),
        ..at(offset)
    }
}

/// The same in the guest's, 64 bits.
fn wide(offset: u32) -> MemArg {
    MemArg {
        align: 3,
        ..at(offset)
    }
}

/// Makes an offset of what is spread out: that of an entry of this size, a power of two, in a table.
fn offset(to: &mut InstructionSink<'_>, size: u32) {
    let (down, mask) = (
        32 - PLACE_BITS - size.trailing_zeros(),
        ((1 << PLACE_BITS) - 1) * size,
    );
    to.local_get(SPREAD_OUT)
        .i32_const(down.cast_signed())
        .i32_shr_u()
        .i32_const(mask.cast_signed())
        .i32_and();
}

/// Spreads the address on the stack.
fn spread(to: &mut InstructionSink<'_>) {
    to.i32_const(SPREAD.cast_signed()).i32_mul().local_set(SPREAD_OUT);
}

/// Puts on the stack where the thread's page is: 0 if nothing is recorded. What follows here needs it.
pub(super) fn page(code: &mut Code<'_>) {
    code.get(Word::Page).to.local_tee(PAGE);
}

/// Puts the same on the stack again.
pub(super) fn same_page(code: &mut Code<'_>) {
    code.to.local_get(PAGE);
}

/// Leaves a block, so many blocks out, if the trace does not know which lock stands at the address.
pub(super) fn unless_lock_is_known(code: &mut Code<'_>, out: u32) {
    let to = &mut code.to;
    to.local_get(ADDRESS);
    spread(to);
    offset(to, LOCK_SIZE);
    to.local_get(PAGE).i32_add().local_set(ENTRY);
    to.local_get(ENTRY).i64_load(ring(LOCKS + LOCK, 3));
    to.local_get(ADDRESS)
        .i64_extend_i32_u()
        .local_get(ADDRESS)
        .i64_load32_u(at(lock::INSTANCE))
        .i64_const(32)
        .i64_shl()
        .i64_or()
        .i64_ne()
        .br_if(out);
    to.local_get(ENTRY).i32_load(ring(LOCKS + LOCK_GENERATION, 2));
    offset(to, 4);
    to.i32_load(ring(GENERATIONS, 2)).i32_ne().br_if(out);
}

/// Leaves a block, so many blocks out, if the trace does not know the place of the operation, or of a lock that the thread has
/// dropped.
pub(super) fn unless_operation_is_known(code: &mut Code<'_>, out: u32) {
    code.site().to.local_tee(PLACE);
    spread(&mut code.to);
    offset(&mut code.to, 4);
    code.to
        .local_get(PAGE)
        .i32_add()
        .i32_load(ring(SITES, 2))
        .local_get(PLACE)
        .i32_ne()
        .br_if(out);
    code.get(Word::Block)
        .to
        .i32_load(at(block::ENDED))
        .local_get(PAGE)
        .i32_load(ring(ENDED, 2))
        .i32_ne()
        .br_if(out);
}

/// Puts an event into the ring, unless the trace is closed.
fn put(code: &mut Code<'_>, comes_after_release: bool, kind: impl FnOnce(&mut Code<'_>)) {
    let drain = code.drain;
    code.to
        .i32_const(0)
        .i32_load(ring(CLOSED, 2))
        .i32_eqz()
        .if_(BlockType::Empty)
        .local_get(PAGE)
        .i32_load(ring(WRITTEN, 2))
        .local_tee(COUNT)
        .local_get(PAGE)
        .i32_load(ring(LIMIT, 2))
        .i32_eq()
        .if_(BlockType::Empty)
        .call(drain)
        .end();
    // After the thread's last event.
    code.to.local_get(PAGE).i64_load(ring(LAST, 3)).local_set(TIME);
    if comes_after_release {
        code.to
            .local_get(ADDRESS)
            .i64_load(wide(lock::STAMP))
            .local_tee(BEFORE)
            .i64_const(LATEST_BITS.into())
            .i64_shr_u()
            .i64_eqz()
            .local_get(BEFORE)
            .local_get(TIME)
            .i64_gt_u()
            .i32_and()
            .if_(BlockType::Empty)
            .local_get(BEFORE)
            .local_set(TIME)
            .end();
    }
    code.to
        .local_get(TIME)
        .i64_const(CompactEvent::STEP.cast_signed())
        .i64_add()
        .local_tee(TIME)
        .i32_const(0)
        .i64_load(ring(CLOCK, 3))
        .local_tee(BEFORE)
        .local_get(TIME)
        .local_get(BEFORE)
        .i64_gt_u()
        .select()
        .local_set(TIME);
    code.to
        .local_get(PAGE)
        .local_get(TIME)
        .i64_store(ring(LAST, 3))
        .local_get(COUNT)
        .i32_const((CAPACITY - 1).cast_signed())
        .i32_and()
        .i32_const(CompactEvent::SIZE.trailing_zeros().cast_signed())
        .i32_shl()
        .local_get(PAGE)
        .i32_add()
        .local_tee(ENTRY)
        .local_get(TIME)
        .i64_const(CompactEvent::KIND_BITS.into())
        .i64_shl();
    kind(code);
    code.to
        .i64_or()
        .i64_store(ring(EVENTS, 3))
        .local_get(ENTRY)
        .local_get(ADDRESS)
        .i64_extend_i32_u()
        .local_get(PLACE)
        .i64_extend_i32_u()
        .i64_const(32)
        .i64_shl()
        .i64_or()
        .i64_store(ring(EVENTS + 8, 3));
    // Whoever sees this sees the event: others may take it from here on.
    code.to.local_get(PAGE).local_get(COUNT).i32_const(1).i32_add();
    if STORES_ARE_ORDERED {
        code.to.i32_store(ring(WRITTEN, 2));
    } else {
        code.to.i32_atomic_store(ring(WRITTEN, 2));
    }
}

/// Whether stores of the machine are seen in their order. Where they are not, one that is costs little; where they are, it
/// costs as much as all the rest.
const STORES_ARE_ORDERED: bool = cfg!(target_arch = "x86_64");

/// Puts an acquire into the ring. The kinds are that of a lock that was had at once, and of one that was only tried for.
pub(super) fn acquire(code: &mut Code<'_>, [at_once, tried]: [CompactKind; 2]) {
    put(code, true, |code| {
        code.to.i64_const(at_once as i64).i64_const(tried as i64);
        let wanted = block::OP_AT_ONCE.cast_signed();
        code.operation().to.i32_const(wanted).i32_eq().select();
    });
    code.to.end();
}

/// Puts a release into the ring, and its time into the lock, for the next one that acquires it.
pub(super) fn release(code: &mut Code<'_>) {
    code.to.i32_const(0).local_set(PLACE);
    put(code, false, |code| {
        code.to.i64_const(CompactKind::Release as i64);
    });
    // Nobody else has the lock.
    code.to
        .local_get(ADDRESS)
        .local_get(TIME)
        .i64_store(wide(lock::STAMP))
        .end();
}

/// The same for one of many that read.
pub(super) fn release_read(code: &mut Code<'_>) {
    code.to.i32_const(0).local_set(PLACE);
    put(code, false, |code| {
        code.to.i64_const(CompactKind::ReadRelease as i64);
    });
    // The latest one counts.
    code.to
        .loop_(BlockType::Empty)
        .local_get(ADDRESS)
        .i64_load(wide(lock::STAMP))
        .local_tee(BEFORE)
        .local_get(TIME)
        .i64_lt_u()
        .if_(BlockType::Empty)
        .local_get(ADDRESS)
        .local_get(BEFORE)
        .local_get(TIME)
        .i64_atomic_rmw_cmpxchg(wide(lock::STAMP))
        .local_get(BEFORE)
        .i64_ne()
        .br_if(1)
        .end()
        .end()
        .end();
}
