//! What threads' time went for, in the document.

use serde::Serialize;

use super::parts::share;
use crate::lives::ThreadReport;

#[derive(Debug, Serialize)]
pub(super) struct ThreadTimes {
    thread: u32,
    first_ns: u64,
    last_ns: u64,
    life_ns: u64,
    running_ns: u64,
    waiting_share: f64,
    lock_wait_ns: u64,
    condvar_wait_ns: u64,
    address_wait_ns: u64,
    join_wait_ns: u64,
    park_wait_ns: u64,
    ended: bool,
    died: bool,
}

impl ThreadTimes {
    pub(super) fn of(thread: &ThreadReport) -> Self {
        Self {
            thread: thread.thread,
            first_ns: thread.first_ns,
            last_ns: thread.last_ns,
            life_ns: thread.life_ns,
            running_ns: thread.running_ns,
            waiting_share: share(thread.waiting_ns(), thread.life_ns),
            lock_wait_ns: thread.lock_wait_ns,
            condvar_wait_ns: thread.condvar_wait_ns,
            address_wait_ns: thread.address_wait_ns,
            join_wait_ns: thread.join_wait_ns,
            park_wait_ns: thread.park_wait_ns,
            ended: thread.ended,
            died: thread.died,
        }
    }
}
