//! Who takes a thread's memory back: one atomic, swapped once by the thread and at most once by its handle.
//!
//! | was \ swap | by the ending thread: `finish` | by the dropped handle: `detach` |
//! |---|---|---|
//! | `ATTACHED` | `FINISHED`: the handle's owner will join or drop | `DETACHED`: the thread will see it |
//! | `KEPT` | `FINISHED`: the scope will join | cannot be: the scope joins |
//! | `FINISHED` | cannot be: a thread ends once | the thread is gone: **the handle's drop** reaps |
//! | `DETACHED` | nobody will join: **the thread** reaps | cannot be: a handle is dropped once |
//!
//! Exactly one side sees the other's mark, so that the block is put on the reap list exactly once.
//!
//! `KEPT` is a hint: the program has dropped its handle, and the scope that the thread belongs to keeps it.
//!
//! # Ordering
//! Both swaps are `AcqRel`. The side that sees the other's mark has acquired everything the other did before:
//! a thread that finds `DETACHED` sees the thread id, which the spawner wrote before the handle existed; a
//! handle that finds `FINISHED` sees a thread that runs no more user code.

use core::sync::atomic::Ordering;

use crate::const_unless_loom;
use crate::primitive::{AtomicU32, needed};

const ATTACHED: u32 = 0;
const FINISHED: u32 = 1;
const DETACHED: u32 = 2;
const KEPT: u32 = 3;

/// Whether the caller has to put the block on the reap list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duty {
    /// The caller is the last one who knows the block: it reaps.
    Reap,
    /// The other side takes care of it.
    None,
}

/// The state of a block between its spawn and its reuse.
pub(crate) struct Lifecycle(AtomicU32);

impl Lifecycle {
    const_unless_loom! {
        /// A thread that runs and whose handle exists.
        pub(crate) const fn new() -> Self {
            Self(AtomicU32::new(ATTACHED))
        }
    }

    /// Starts over, for the next thread in this block.
    pub(crate) fn reset(&self) {
        // The hand-over to the next thread is thread_create's.
        self.0.store(ATTACHED, Ordering::Relaxed);
    }

    /// Whether the program has no handle any more. A hint: it may go at any time.
    pub(crate) fn is_let_go(&self) -> bool {
        matches!(self.0.load(Ordering::Relaxed), DETACHED | KEPT)
    }

    /// The program has dropped its handle, and the thread's scope keeps it.
    pub(crate) fn keep(&self) {
        // If the thread has finished, that is all there is to know.
        let _ = self
            .0
            .compare_exchange(ATTACHED, KEPT, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Whether the thread has finished, so that a join waits for nothing but its way out. An acquire.
    pub(crate) fn is_finished(&self) -> bool {
        self.0.load(Ordering::Acquire) == FINISHED
    }

    /// The thread's very last act on its block, unless it is told to reap.
    pub(crate) fn finish(&self) -> Duty {
        match self
            .0
            .swap(FINISHED, needed("lifecycle-finish", Ordering::AcqRel))
        {
            DETACHED => Duty::Reap,
            _ => Duty::None,
        }
    }

    /// The handle was dropped without a join.
    pub(crate) fn detach(&self) -> Duty {
        match self
            .0
            .swap(DETACHED, needed("lifecycle-detach", Ordering::AcqRel))
        {
            FINISHED => Duty::Reap,
            _ => Duty::None,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_later_side_reaps_in_either_order() {
        let thread_first = Lifecycle::new();
        assert_eq!(thread_first.finish(), Duty::None);
        assert_eq!(thread_first.detach(), Duty::Reap);

        let handle_first = Lifecycle::new();
        assert!(!handle_first.is_let_go());
        assert_eq!(handle_first.detach(), Duty::None);
        assert!(handle_first.is_let_go());
        assert_eq!(handle_first.finish(), Duty::Reap);

        handle_first.reset();
        assert_eq!(handle_first.finish(), Duty::None);
    }

    #[test]
    fn a_kept_thread_is_never_reaped_by_itself() {
        let lifecycle = Lifecycle::new();
        lifecycle.keep();
        assert!(lifecycle.is_let_go());
        assert!(!lifecycle.is_finished());
        assert_eq!(lifecycle.finish(), Duty::None);
        assert!(lifecycle.is_finished());
        lifecycle.keep();
        assert!(lifecycle.is_finished());
    }

    #[test]
    fn a_race_of_both_sides_gives_the_duty_to_exactly_one() {
        for _ in 0..2_000 {
            let lifecycle = Lifecycle::new();
            let barrier = std::sync::Barrier::new(2);
            let (by_thread, by_handle) = std::thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    barrier.wait();
                    lifecycle.finish()
                });
                barrier.wait();
                (lifecycle.detach(), thread.join().unwrap())
            });
            assert_ne!(by_thread, by_handle);
        }
    }
}
