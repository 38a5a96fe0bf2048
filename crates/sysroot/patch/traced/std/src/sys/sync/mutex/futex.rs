//! std's own mutex, which says what is done with it.

#[path = "untraced.rs"]
mod untraced;

use crate::sys::guest;
use threadlink_rt::traced::{LockWords, OP_AT_ONCE, OP_BLOCKING, OP_TRY};

#[repr(C)]
pub struct Mutex {
    // Hosts know the lock by their address.
    words: LockWords,
    inner: untraced::Mutex,
}

impl Mutex {
    #[inline]
    #[track_caller]
    #[rustc_allow_const_fn_unstable(rustc_private)]
    pub const fn new() -> Self {
        Self { words: LockWords::here(guest::SOURCE), inner: untraced::Mutex::new() }
    }

    /// One that something else of std's consists of.
    #[inline]
    #[track_caller]
    #[rustc_allow_const_fn_unstable(rustc_private)]
    pub const fn part_of(whole: &'static str) -> Self {
        Self { words: LockWords::part_of(guest::SOURCE, whole), inner: untraced::Mutex::new() }
    }

    /// What the hooks are called with.
    pub fn address(&self) -> usize {
        self.words.address()
    }

    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> bool {
        let locked = self.inner.try_lock();
        if locked {
            self.words.start_lock(OP_TRY);
            self.words.finish_lock();
        }
        locked
    }

    #[inline]
    #[track_caller]
    pub fn lock(&self) {
        // A wait is announced if there will be one; what is free is had first, and told then.
        if self.inner.try_lock() {
            self.words.start_lock(OP_AT_ONCE);
        } else {
            self.words.start_lock(OP_BLOCKING);
            self.inner.lock();
        }
        self.words.finish_lock();
    }

    #[inline]
    pub unsafe fn unlock(&self) {
        let unlocked = self.words.start_unlock();
        // SAFETY: the caller has locked it.
        unsafe { self.inner.unlock() };
        unlocked.tell();
    }
}
