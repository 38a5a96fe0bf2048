//! The packet: where a thread leaves its result for the join handle.
//!
//! The thread and the handle own one reference each. The thread writes the result once, then drops its
//! reference; the handle reads only when it is the last owner. There is no lock: `Arc`'s count is the hand-over.
//! The thread's decrement is a release and [`Arc::get_mut`]'s check an acquire, so that the result is visible to
//! whoever sees a count of one, also without the happens-before edge of the join itself.

use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::Result;

/// The result of a thread, once there is one.
pub(super) struct Packet<T> {
    result: UnsafeCell<Option<Result<T>>>,
}

// SAFETY: the only writer is the thread that owns `Sender`, the only reader owns the `Arc` alone (`take` proves
// it with `Arc::get_mut`), so there is never an access from two threads at once; `T: Send` lets the value move.
unsafe impl<T: Send> Sync for Packet<T> {}

/// The thread's reference: it can store one result.
pub(super) struct Sender<T>(Arc<Packet<T>>);

/// The handle's reference: it can take the result once the thread is done.
pub(super) struct Receiver<T>(Arc<Packet<T>>);

/// Why there was no result to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// The thread still owns its reference.
    Shared,
    /// The thread gave its reference up without storing a result.
    NoResult,
}

/// A new packet, as its two ends.
pub(super) fn packet<T>() -> (Sender<T>, Receiver<T>) {
    let packet = Arc::new(Packet {
        result: UnsafeCell::new(None),
    });
    (Sender(Arc::clone(&packet)), Receiver(packet))
}

impl<T> Sender<T> {
    /// Stores the result and gives up this reference.
    pub(super) fn send(self, result: Result<T>) {
        // SAFETY: `self` is the only sender and is consumed here; the receiver doesn't look before it is alone.
        unsafe { *self.0.result.get() = Some(result) };
    }
}

impl<T> Receiver<T> {
    /// Whether the thread has given up its reference: its closure has returned or unwound.
    pub(super) fn is_ready(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    /// The result.
    ///
    /// # Errors
    /// Says why there is none; neither case can arise after the thread has ended normally.
    pub(super) fn take(mut self) -> std::result::Result<Result<T>, Missing> {
        let packet = Arc::get_mut(&mut self.0).ok_or(Missing::Shared)?;
        packet.result.get_mut().take().ok_or(Missing::NoResult)
    }
}

impl<T> Drop for Packet<T> {
    fn drop(&mut self) {
        // A result that nobody joined is dropped here, maybe on the ending thread and outside its
        // catch_unwind: a panic has nowhere to go.
        if catch_unwind(AssertUnwindSafe(|| *self.result.get_mut() = None)).is_err() {
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_result_can_be_taken_only_after_the_sender_is_gone() {
        let (sender, receiver) = packet::<u32>();
        assert!(!receiver.is_ready());
        sender.send(Ok(7));
        assert!(receiver.is_ready());
        assert_eq!(receiver.take().unwrap().unwrap(), 7);
    }

    #[test]
    fn missing_results_are_told_apart() {
        let (sender, receiver) = packet::<u32>();
        assert_eq!(receiver.take().unwrap_err(), Missing::Shared);
        drop(sender);
        let (sender, receiver) = packet::<u32>();
        drop(sender);
        assert_eq!(receiver.take().unwrap_err(), Missing::NoResult);
    }

    #[test]
    fn a_result_is_dropped_exactly_once_whoever_is_last() {
        struct Counted<'a>(&'a AtomicUsize);
        impl Drop for Counted<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let drops = AtomicUsize::new(0);
        const ROUNDS: usize = 2_000;
        for round in 0..ROUNDS {
            let (sender, receiver) = packet();
            let drops = &drops;
            std::thread::scope(|scope| {
                scope.spawn(move || sender.send(Ok(Counted(drops))));
                match round % 3 {
                    0 => drop(receiver),
                    1 => {
                        while !receiver.is_ready() {
                            std::thread::yield_now();
                        }
                    }
                    _ => {
                        while !receiver.is_ready() {
                            std::thread::yield_now();
                        }
                        assert!(receiver.take().unwrap().is_ok());
                    }
                }
            });
        }
        assert_eq!(drops.load(Ordering::Relaxed), ROUNDS);
    }
}
