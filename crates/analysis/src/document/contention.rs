//! Who waited for a lock, and because of whom, in the document.

use serde::Serialize;

use super::list::List;
use super::parts::Mode;
use crate::contention::{self, LockContention, LockWaiter};

/// The keys that a lock has besides, if somebody waited for it or with it held.
#[derive(Debug, Serialize)]
pub(super) struct Contention<'a> {
    #[serde(skip_serializing_if = "List::is_empty")]
    waiters: List<'a, LockWaiter, Waiter>,
    #[serde(skip_serializing_if = "List::is_empty")]
    blame: List<'a, contention::Blame, Blame>,
    #[serde(skip_serializing_if = "is_zero")]
    longest_queue: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    convoys: Option<Convoys>,
    #[serde(skip_serializing_if = "List::is_empty")]
    held_while_waiting: List<'a, contention::HeldWhileWaiting, HeldWhileWaiting>,
}

#[derive(Debug, Serialize)]
struct Waiter {
    thread: u32,
    waits: u64,
    wait_ns: u64,
}

#[derive(Debug, Serialize)]
struct Blame {
    site: u32,
    mode: Mode,
    thread: u32,
    blocked_ns: u64,
}

#[derive(Debug, Serialize)]
struct Convoys {
    count: u64,
    acquisitions: u64,
    longest: u64,
    time_ns: u64,
}

#[derive(Debug, Serialize)]
struct HeldWhileWaiting {
    site: u32,
    mode: Mode,
    kind: &'static str,
    waited_at: u32,
    waits: u64,
    wait_ns: u64,
    max_wait_ns: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl<'a> Contention<'a> {
    pub(super) fn of(contention: &'a LockContention) -> Self {
        Self {
            waiters: List(&contention.waiters, Waiter::of),
            blame: List(&contention.blame, Blame::of),
            longest_queue: contention.longest_queue,
            convoys: Convoys::of(&contention.convoys),
            held_while_waiting: List(&contention.held_while_waiting, HeldWhileWaiting::of),
        }
    }
}

impl Waiter {
    fn of(waiter: &LockWaiter) -> Self {
        Self {
            thread: waiter.thread,
            waits: waiter.waits,
            wait_ns: waiter.wait_ns,
        }
    }
}

impl Blame {
    fn of(blame: &contention::Blame) -> Self {
        Self {
            site: blame.place.site,
            mode: Mode::of(blame.mode),
            thread: blame.thread,
            blocked_ns: blame.blocked_ns,
        }
    }
}

impl Convoys {
    fn of(convoys: &contention::Convoys) -> Option<Self> {
        (convoys.count > 0).then_some(Self {
            count: convoys.count,
            acquisitions: convoys.acquisitions,
            longest: convoys.longest,
            time_ns: convoys.time_ns,
        })
    }
}

impl HeldWhileWaiting {
    fn of(held: &contention::HeldWhileWaiting) -> Self {
        Self {
            site: held.place.site,
            mode: Mode::of(held.mode),
            kind: held.kind.as_str(),
            waited_at: held.waited_at.site,
            waits: held.waits,
            wait_ns: held.wait_ns,
            max_wait_ns: held.max_wait_ns,
        }
    }
}
