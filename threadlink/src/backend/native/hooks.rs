//! The hooks' native end: events for the sink.

use std::panic::Location;

use crate::hooks::{Op, emit};

pub(crate) use threadlink_abi::moment::Moment;

thread_local! {
    // Its address is what tells threads apart.
    static TOKEN: u8 = const { 0 };
}

/// What the holder word of a lock says of the thread that calls.
pub(crate) fn holder() -> usize {
    TOKEN.with(|token| std::ptr::from_ref(token).addr())
}

/// Sinks tell locks apart by address, for as long as they exist, and are not told of their ends.
pub(crate) fn ended(_number_at: usize, _number: u32) {}

/// Gives the sink the event of a moment.
pub(crate) fn tell<M: Moment>(moment: M, address: usize, request: Option<(Op, &'static Location<'static>)>) {
    emit(M::HOOK, moment.second(), address, holder(), request);
}
