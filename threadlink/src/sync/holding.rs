//! A lock that is held, without its data: what guards are made of. Dropping it releases the lock.

use std::mem::ManuallyDrop;

use super::poison::{Entered, Flag};
use crate::mutex::TracingRawMutex;
use crate::rwlock::TracingRawRwLock;
use lock_api::{RawMutex, RawRwLock};

pub(super) type State = <TracingRawMutex as RawMutex>::Guard;
pub(super) type SharedState = <TracingRawRwLock as RawRwLock>::SharedGuard;
pub(super) type ExclusiveState = <TracingRawRwLock as RawRwLock>::ExclusiveGuard;

/// A mutex is held until this is dropped.
pub(super) struct Holding<'a> {
    pub(super) raw: &'a TracingRawMutex,
    pub(super) poison: &'a Flag,
    pub(super) entered: Entered,
    // The state of an acquisition of `raw` that nobody else will release.
    pub(super) state: ManuallyDrop<State>,
}

impl Drop for Holding<'_> {
    #[inline]
    fn drop(&mut self) {
        self.poison.leave(self.entered);
        // SAFETY: the state is taken once, here; whoever made this held the lock with it.
        unsafe {
            let state = ManuallyDrop::take(&mut self.state);
            self.raw.unlock(state);
        }
    }
}

/// A read-write lock is held for writing until this is dropped.
pub(super) struct Writing<'a> {
    pub(super) raw: &'a TracingRawRwLock,
    pub(super) poison: &'a Flag,
    pub(super) entered: Entered,
    // As in `Holding`.
    pub(super) state: ManuallyDrop<ExclusiveState>,
}

impl Drop for Writing<'_> {
    #[inline]
    fn drop(&mut self) {
        self.poison.leave(self.entered);
        // SAFETY: the state is taken once, here; whoever made this held the lock with it.
        unsafe {
            let state = ManuallyDrop::take(&mut self.state);
            self.raw.unlock_exclusive(state);
        }
    }
}

/// The lock is held for reading until this is dropped.
pub(super) struct Reading<'a> {
    pub(super) raw: &'a TracingRawRwLock,
    // parking_lot's proof of this acquisition; it also keeps the guard on its thread.
    pub(super) state: ManuallyDrop<SharedState>,
}

impl Drop for Reading<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the state is taken once, here; the lock is held with it since `RwLockReadGuard::new`.
        unsafe {
            let state = ManuallyDrop::take(&mut self.state);
            self.raw.unlock_shared(state);
        }
    }
}
