//! The hooks' native end: events for the sink.

use std::panic::Location;

use crate::hooks::{Event, Hook, Op, emit};

thread_local! {
    // Its address is what tells threads apart.
    static TOKEN: u8 = const { 0 };
}

/// What the holder word of a lock says of the thread that calls.
pub(crate) fn holder() -> usize {
    TOKEN.with(|token| std::ptr::from_ref(token).addr())
}

pub(crate) fn start_lock(lock: usize, op: Op, site: &'static Location<'static>) {
    emit(&Event {
        request: Some((op, site)),
        ..event(Hook::StartLock, lock)
    });
}

pub(crate) fn finish_lock(lock: usize) {
    emit(&event(Hook::FinishLock, lock));
}

pub(crate) fn start_unlock(lock: usize) {
    emit(&event(Hook::StartUnlock, lock));
}

pub(crate) fn finish_unlock(lock: usize) {
    emit(&event(Hook::FinishUnlock, lock));
}

fn event(hook: Hook, lock: usize) -> Event {
    Event::new(hook, lock, holder())
}
