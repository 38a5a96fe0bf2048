//! Which guest thread is on which thread of the operating system, so that a report can say how busy it is.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::processor::ThreadId;

/// A thread of the operating system, and the guest thread that is on it.
pub(super) struct Seat {
    thread: Option<ThreadId>,
    /// The id of the guest thread.
    guest: AtomicU32,
    /// How many there have been, with that one.
    count: AtomicU64,
}

impl Seat {
    /// A guest thread begins. Called by the thread that the seat is; nobody waits for what it writes.
    pub(super) fn begin(&self, guest: u32) {
        self.guest.store(guest, Ordering::Relaxed);
        self.count
            .store(self.count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }
}

/// The seats of a run.
#[derive(Default)]
pub(super) struct Seats {
    inner: Mutex<Vec<Weak<Seat>>>,
}

/// Where a guest thread is.
pub(super) struct Taken {
    pub(super) thread: ThreadId,
    /// Whether the guest thread is the first one there, so that all time of that thread is its own.
    pub(super) first: bool,
}

impl Seats {
    /// One more, for the thread that calls this. It is there as long as somebody holds it.
    pub(super) fn add(&self) -> Arc<Seat> {
        let seat = Arc::new(Seat {
            thread: ThreadId::current(),
            guest: AtomicU32::new(u32::MAX),
            count: AtomicU64::new(0),
        });
        let mut seats = self.inner.lock();
        if seats.len() == seats.capacity() {
            // Half of them at least are there afterwards, or there is room for twice as many: cheap in the long run.
            seats.retain(|seat| seat.strong_count() > 0);
            let live = seats.len();
            seats.reserve(live.max(8));
        }
        seats.push(Arc::downgrade(&seat));
        seat
    }

    /// Where this guest thread is, if it is known.
    pub(super) fn of(&self, guest: u32) -> Option<Taken> {
        let seats = self.inner.lock();
        let mut live = seats.iter().filter_map(Weak::upgrade);
        let seat = live.find(|seat| seat.guest.load(Ordering::Relaxed) == guest)?;
        Some(Taken {
            thread: seat.thread?,
            first: seat.count.load(Ordering::Relaxed) == 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_that_nobody_holds_are_forgotten() {
        let seats = Seats::default();
        let held = seats.add();
        held.begin(7);
        for id in 100..10_100 {
            seats.add().begin(id);
        }
        assert!(seats.inner.lock().len() < 100);
        assert!(seats.of(100).is_none());
        assert!(seats.of(7).is_none_or(|taken| taken.first));
        held.begin(8);
        assert!(seats.of(7).is_none());
        assert!(seats.of(8).is_none_or(|taken| !taken.first));
    }
}
