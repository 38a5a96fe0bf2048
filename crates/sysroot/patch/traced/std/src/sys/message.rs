//! What a channel tells besides the parks of its threads: that a message is sent, and that one was received. Who receives one
//! that is there already waits for nobody, and yet comes after its sender. It is told as of a token, that of the channel.

use crate::panic::Location;
use crate::sys::place;
use threadlink_abi::moment::{FinishPark, Unpark};
use threadlink_rt::hooks;
use threadlink_rt::traced::OP_BLOCKING;

/// The calling thread is about to send a message.
#[track_caller]
pub fn sends(channel: usize) {
    hooks::tell(Unpark, channel, Some((OP_BLOCKING, place::of(Location::caller()))));
}

/// It has received one, if it has.
pub fn received<T, E>(channel: usize, message: Result<T, E>) -> Result<T, E> {
    if message.is_ok() {
        hooks::tell(FinishPark { timed_out: false }, channel, None);
    }
    message
}
