//! The hooks' end on wasm: words in the control block, and calls to the host.

use std::panic::Location;
use std::ptr;

use super::{block, imports};
use crate::hooks::Op;
use threadlink_abi::layout::block::{OP_BLOCKING, OP_TRY};

/// What the holder word of a lock says of the thread that calls: its block's address.
#[inline]
pub(crate) fn holder() -> usize {
    ptr::from_ref(block::current()).addr()
}

#[inline]
pub(crate) fn start_lock(lock: usize, op: Op, site: &'static Location<'static>) {
    let op = match op {
        Op::Blocking => OP_BLOCKING,
        Op::Try => OP_TRY,
    };
    block::current().announce(op, site);
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
