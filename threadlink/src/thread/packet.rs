//! The packet: where a thread leaves its result for the join handle.
//!
//! The thread has the [`Sender`], the handle the [`Receiver`], and one word says who is gone. Each side swaps its
//! mark in once, when it lets go, and whoever finds the other's mark is the last one and frees the packet:
//!
//! | was \ swap | by the sender: `SENT` | by the receiver: `LET_GO` |
//! |---|---|---|
//! | `SHARED` | the receiver will take or drop the result | the sender will drop the result |
//! | `SENT` | cannot be: a sender lets go once | the result is dropped **here** |
//! | `LET_GO` | the result is dropped **here**, on the ending thread | cannot be: a receiver lets go once |
//!
//! # Ordering
//! The sender's swap is a release, and every look at the word by the receiver is an acquire: so the result, and all
//! that the thread did before, is visible to whoever sees `SENT`, also without the happens-before edge of the join.
//! The other way round it is the same, so that the packet is freed only after its other owner's last access.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use super::Result;
use super::primitive::{AtomicU32, UnsafeCell, needed};
use crate::backend;

/// Both sides are there.
const SHARED: u32 = 0;
/// The sender is gone; the result is there unless it was dropped without one.
const SENT: u32 = 1;
/// The receiver is gone.
const LET_GO: u32 = 2;

/// The result of a thread, once there is one.
struct Packet<T> {
    state: AtomicU32,
    result: UnsafeCell<Option<Result<T>>>,
}

/// A reference to a packet, of which there are two.
struct Shared<T> {
    packet: NonNull<Packet<T>>,
    // It may drop a packet, and is as variant as one.
    _owned: PhantomData<Packet<T>>,
}

/// The thread's reference: it can store one result.
pub(super) struct Sender<T>(Shared<T>);

/// The handle's reference: it can take the result once the thread is done.
pub(super) struct Receiver<T>(Shared<T>);

// SAFETY: the word hands the result over from one side to the other, so that there is never an access from two
// threads at once; `T: Send` lets the value move. The payload of a panic is `Send` by its type.
unsafe impl<T: Send> Send for Sender<T> {}
// SAFETY: as for the sender.
unsafe impl<T: Send> Send for Receiver<T> {}
// SAFETY: a shared receiver only reads the atomic word; the result is taken and dropped through an owned one.
unsafe impl<T: Send> Sync for Receiver<T> {}

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
    let packet = NonNull::from(Box::leak(Box::new(Packet {
        state: AtomicU32::new(SHARED),
        result: UnsafeCell::new(None),
    })));
    let shared = || Shared {
        packet,
        _owned: PhantomData,
    };
    (Sender(shared()), Receiver(shared()))
}

impl<T> Shared<T> {
    fn packet(&self) -> &Packet<T> {
        // SAFETY: a packet lives until the second of its two references is gone.
        unsafe { self.packet.as_ref() }
    }

    /// Frees the packet and returns the result.
    ///
    /// # Safety
    /// The other side is gone, as seen by an acquire, and this one is not used any more.
    unsafe fn free(&self) -> Option<Result<T>> {
        // SAFETY: made by `packet` from a box, and freed once, by the last reference, as the caller promises.
        let packet = unsafe { Box::from_raw(self.packet.as_ptr()) };
        // SAFETY: the packet is owned by now.
        packet.result.with_mut(|result| unsafe { (*result).take() })
    }

    /// Leaves the mark of one side, and frees the packet if the other side's mark is there.
    ///
    /// # Safety
    /// Each side calls this once, and doesn't use the reference afterwards.
    unsafe fn let_go(&self, mark: u32, ordering: Ordering) {
        if self.packet().state.swap(mark, ordering) == SHARED {
            return;
        }
        // A result that nobody joined is dropped here, maybe on the ending thread and outside its catch_unwind: a
        // panic has nowhere to go.
        // SAFETY: the other side's mark is there, and the swap has acquired it.
        if catch_unwind(AssertUnwindSafe(|| drop(unsafe { self.free() }))).is_err() {
            backend::abort("thread result panicked on drop");
        }
    }
}

impl<T> Sender<T> {
    /// Stores the result and gives up this reference.
    pub(super) fn send(self, result: Result<T>) {
        // SAFETY: `self` is the only sender and is consumed here; the receiver doesn't look before it sees `SENT`.
        self.0
            .packet()
            .result
            .with_mut(|place| unsafe { *place = Some(result) });
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        // SAFETY: once, for a sender is dropped once.
        unsafe { self.0.let_go(SENT, needed("packet-send", Ordering::AcqRel)) };
    }
}

impl<T> Receiver<T> {
    /// Whether the thread has given up its reference: its closure has returned or unwound.
    pub(super) fn is_ready(&self) -> bool {
        self.0
            .packet()
            .state
            .load(needed("packet-look", Ordering::Acquire))
            == SENT
    }

    /// The result.
    ///
    /// # Errors
    /// Says why there is none; neither case can arise after the thread has ended normally.
    pub(super) fn take(self) -> std::result::Result<Result<T>, Missing> {
        if !self.is_ready() {
            return Err(Missing::Shared);
        }
        let this = std::mem::ManuallyDrop::new(self);
        // SAFETY: the sender is gone, and the reference is not dropped.
        unsafe { this.0.free() }.ok_or(Missing::NoResult)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        // SAFETY: once, for a receiver is dropped once.
        unsafe { self.0.let_go(LET_GO, needed("packet-let-go", Ordering::AcqRel)) };
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

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
