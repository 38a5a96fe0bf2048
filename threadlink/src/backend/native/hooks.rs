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
    emit(&request(Hook::StartLock, lock, op, site));
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

pub(crate) fn start_read(lock: usize, op: Op, site: &'static Location<'static>) {
    emit(&request(Hook::StartRead, lock, op, site));
}

pub(crate) fn finish_read(lock: usize) {
    emit(&event(Hook::FinishRead, lock));
}

pub(crate) fn start_read_unlock(lock: usize) {
    emit(&event(Hook::StartReadUnlock, lock));
}

pub(crate) fn finish_read_unlock(lock: usize) {
    emit(&event(Hook::FinishReadUnlock, lock));
}

pub(crate) fn start_wait(condvar: usize, mutex: usize, op: Op, site: &'static Location<'static>) {
    emit(&request(Hook::StartWait { mutex }, condvar, op, site));
}

pub(crate) fn finish_wait(condvar: usize, timed_out: bool) {
    emit(&event(Hook::FinishWait { timed_out }, condvar));
}

pub(crate) fn notify(condvar: usize, all: bool, site: &'static Location<'static>) {
    emit(&request(Hook::Notify { all }, condvar, Op::Blocking, site));
}

fn request(hook: Hook, lock: usize, op: Op, site: &'static Location<'static>) -> Event {
    Event {
        request: Some((op, site)),
        ..event(hook, lock)
    }
}

fn event(hook: Hook, lock: usize) -> Event {
    Event::new(hook, lock, holder())
}
