//! What parking waits for, which says what is done with it: one token a thread, that `unpark` leaves and `park` takes.

use crate::panic::Location;
use crate::pin::Pin;
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::sys::place;
use crate::time::Duration;
use threadlink_abi::moment::{FinishPark, StartPark, Unpark};
use threadlink_rt::traced::{OP_BLOCKING, OP_TIMED};
use threadlink_rt::{futex, hooks};

/// No token, and nobody sleeps.
const EMPTY: u32 = 0;
/// The token is there.
const PRESENT: u32 = 1;
/// The owner sleeps, or is about to.
const PARKED: u32 = 2;

pub struct Parker {
    state: AtomicU32,
}

impl Parker {
    pub unsafe fn new_in_place(parker: *mut Parker) {
        // SAFETY: as the caller promises.
        unsafe { parker.write(Self { state: AtomicU32::new(EMPTY) }) };
    }

    #[track_caller]
    pub unsafe fn park(self: Pin<&Self>) {
        self.wait(None);
    }

    #[track_caller]
    pub unsafe fn park_timeout(self: Pin<&Self>, timeout: Duration) {
        self.wait(Some(timeout));
    }

    // Every `unpark` writes, also where the token was there before: so the `park` that takes it synchronises with all.
    #[track_caller]
    pub fn unpark(self: Pin<&Self>) {
        hooks::tell(Unpark, self.address(), Some((OP_BLOCKING, place::of(Location::caller()))));
        if self.state.swap(PRESENT, Release) == PARKED {
            futex::wake_one(&self.state);
        }
    }

    fn address(&self) -> usize {
        crate::ptr::from_ref(self).addr()
    }

    #[track_caller]
    fn wait(&self, timeout: Option<Duration>) {
        let timed = timeout.is_some();
        let op = if timed { OP_TIMED } else { OP_BLOCKING };
        hooks::tell(StartPark { timed }, self.address(), Some((op, place::of(Location::caller()))));
        let taken = self.take_or_sleep(timeout);
        hooks::tell(FinishPark { timed_out: !taken }, self.address(), None);
    }

    fn take(&self) -> bool {
        self.state.swap(EMPTY, Acquire) == PRESENT
    }

    fn take_or_sleep(&self, timeout: Option<Duration>) -> bool {
        loop {
            if self.take() {
                return true;
            }
            if self.state.compare_exchange(EMPTY, PARKED, Relaxed, Relaxed).is_ok() {
                futex::wait(&self.state, PARKED, timeout);
                let taken = self.take();
                if taken || timeout.is_some() {
                    return taken;
                }
            }
        }
    }
}
