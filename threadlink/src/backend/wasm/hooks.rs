//! The hooks' end on wasm: words in the control block, and calls to the host.

use std::panic::Location;
use std::ptr;

use super::{block, imports};
use crate::hooks::Op;
use threadlink_abi::layout::block::{OP_BLOCKING, OP_TIMED, OP_TRY};

/// What the holder word of a lock says of the thread that calls: its block's address.
#[inline]
pub(crate) fn holder() -> usize {
    ptr::from_ref(block::current()).addr()
}

#[inline]
pub(crate) fn start_lock(lock: usize, op: Op, site: &'static Location<'static>) {
    announce(op, site);
    imports::start_lock(lock);
}

#[inline]
pub(crate) fn finish_lock(lock: usize) {
    imports::finish_lock(lock);
}

#[inline]
pub(crate) fn start_unlock(lock: usize) {
    imports::start_unlock(lock);
}

#[inline]
pub(crate) fn finish_unlock(lock: usize) {
    imports::finish_unlock(lock);
}

#[inline]
pub(crate) fn start_read(lock: usize, op: Op, site: &'static Location<'static>) {
    announce(op, site);
    imports::start_read(lock);
}

#[inline]
pub(crate) fn finish_read(lock: usize) {
    imports::finish_read(lock);
}

#[inline]
pub(crate) fn start_read_unlock(lock: usize) {
    imports::start_read_unlock(lock);
}

#[inline]
pub(crate) fn finish_read_unlock(lock: usize) {
    imports::finish_read_unlock(lock);
}

#[inline]
pub(crate) fn start_wait(condvar: usize, mutex: usize, op: Op, site: &'static Location<'static>) {
    announce(op, site);
    imports::start_wait(condvar, mutex);
}

#[inline]
pub(crate) fn finish_wait(condvar: usize, timed_out: bool) {
    imports::finish_wait(condvar, timed_out.into());
}

#[inline]
pub(crate) fn notify(condvar: usize, all: bool, site: &'static Location<'static>) {
    announce(Op::Blocking, site);
    imports::notify(condvar, all.into());
}

#[inline]
fn announce(op: Op, site: &'static Location<'static>) {
    let op = match op {
        Op::Blocking => OP_BLOCKING,
        Op::Try => OP_TRY,
        Op::Timed => OP_TIMED,
    };
    block::current().announce(op, site);
}
