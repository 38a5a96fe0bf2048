//! std's own read-write lock, which says what is done with it.

#[path = "untraced.rs"]
mod untraced;

use crate::sys::guest;
use threadlink_rt::traced::{LockWords, OP_AT_ONCE, OP_BLOCKING, OP_TRY};

/// The lock inside.
pub type QuietRwLock = untraced::RwLock;

#[repr(C)]
pub struct RwLock {
    // Hosts know the lock by their address.
    words: LockWords,
    inner: untraced::RwLock,
}

impl RwLock {
    #[inline]
    #[track_caller]
    #[rustc_allow_const_fn_unstable(rustc_private)]
    pub const fn new() -> Self {
        Self { words: LockWords::here(guest::SOURCE), inner: untraced::RwLock::new() }
    }

    #[inline]
    #[track_caller]
    pub fn try_read(&self) -> bool {
        let locked = self.inner.try_read();
        if locked {
            self.words.start_read(OP_TRY);
            self.words.finish_read();
        }
        locked
    }

    #[inline]
    #[track_caller]
    pub fn read(&self) {
        // Whether a reader waits depends on more than a host can see, so it announces a wait only if there will be one.
        if self.inner.try_read() {
            self.words.start_read(OP_AT_ONCE);
        } else {
            self.words.start_read(OP_BLOCKING);
            self.inner.read();
        }
        self.words.finish_read();
    }

    #[inline]
    pub unsafe fn read_unlock(&self) {
        let unlocked = self.words.start_read_unlock();
        // SAFETY: the caller has locked it for reading.
        unsafe { self.inner.read_unlock() };
        unlocked.tell();
    }

    #[inline]
    #[track_caller]
    pub fn try_write(&self) -> bool {
        let locked = self.inner.try_write();
        if locked {
            self.words.start_lock(OP_TRY);
            self.words.finish_lock();
        }
        locked
    }

    #[inline]
    #[track_caller]
    pub fn write(&self) {
        // As for readers.
        if self.inner.try_write() {
            self.words.start_lock(OP_AT_ONCE);
        } else {
            self.words.start_lock(OP_BLOCKING);
            self.inner.write();
        }
        self.words.finish_lock();
    }

    #[inline]
    pub unsafe fn write_unlock(&self) {
        let unlocked = self.words.start_unlock();
        // SAFETY: the caller has locked it for writing.
        unsafe { self.inner.write_unlock() };
        unlocked.tell();
    }

    #[inline]
    #[track_caller]
    pub unsafe fn downgrade(&self) {
        let unlocked = self.words.start_unlock();
        // SAFETY: the caller has locked it for writing.
        unsafe { self.inner.downgrade() };
        unlocked.tell();
        self.words.start_read(OP_TRY);
        self.words.finish_read();
    }
}
