//! The hooks' end on wasm: the runtime calls the host.

use std::panic::Location;

use crate::hooks::Op;
use threadlink_abi::layout::block::{OP_AT_ONCE, OP_BLOCKING, OP_TIMED, OP_TRY};
use threadlink_abi::layout::lock;
use threadlink_rt::hooks as runtime;

pub(crate) use threadlink_rt::hooks::{Moment, holder};

/// The lock or condition variable with this number, which stands at this address, is no more.
#[inline]
pub(crate) fn ended(number_at: usize, number: u32) {
    runtime::ended(number_at - lock::INSTANCE as usize, number);
}

/// Tells the host of a moment; where the program asks for something, how and where.
#[inline]
pub(crate) fn tell(moment: impl Moment, address: usize, request: Option<(Op, &'static Location<'static>)>) {
    let number = |op| match op {
        Op::Blocking => OP_BLOCKING,
        Op::AtOnce => OP_AT_ONCE,
        Op::Try => OP_TRY,
        Op::Timed => OP_TIMED,
    };
    runtime::tell(moment, address, request.map(|(op, site)| (number(op), site)));
}
