//! A condition variable that says what is done with it: a counter of notifications, as std's own is.

use crate::sync::atomic::Ordering::{Relaxed, SeqCst};
use crate::sys::guest;
use crate::sys::sync::Mutex;
use crate::time::Duration;
use threadlink_rt::futex;
use threadlink_rt::traced::CondvarWords;

pub struct Condvar {
    // Hosts know the condition variable by their address.
    words: CondvarWords,
}

impl Condvar {
    #[inline]
    #[track_caller]
    #[rustc_allow_const_fn_unstable(rustc_private)]
    pub const fn new() -> Self {
        Self { words: CondvarWords::here(guest::SOURCE) }
    }

    #[track_caller]
    pub fn notify_one(&self) {
        self.words.notify(false);
        if self.notified() {
            futex::wake_one(&self.words.notifications);
        }
    }

    #[track_caller]
    pub fn notify_all(&self) {
        self.words.notify(true);
        if self.notified() {
            futex::wake_all(&self.words.notifications);
        }
    }

    /// Counts a notification, if anybody waits for one. SeqCst here and where a thread says that it waits: either this sees
    /// the thread, or the thread, which holds the mutex, sees what the caller did before.
    fn notified(&self) -> bool {
        if self.words.waiters.load(SeqCst) == 0 {
            return false;
        }
        self.words.notifications.fetch_add(1, SeqCst);
        true
    }

    #[track_caller]
    pub unsafe fn wait(&self, mutex: &Mutex) {
        // SAFETY: as the caller promises.
        unsafe { self.sleep(mutex, None) };
    }

    #[track_caller]
    pub unsafe fn wait_timeout(&self, mutex: &Mutex, timeout: Duration) -> bool {
        // SAFETY: as the caller promises.
        unsafe { self.sleep(mutex, Some(timeout)) }
    }

    /// Whether it was woken before the time was over.
    #[track_caller]
    unsafe fn sleep(&self, mutex: &Mutex, timeout: Option<Duration>) -> bool {
        self.words.start_wait(mutex.address(), timeout.is_some());
        self.words.waiters.fetch_add(1, SeqCst);
        // Read while the mutex is held, so that a notification of whoever locks it next changes what is read here.
        let seen = self.words.notifications.load(Relaxed);
        // SAFETY: the caller has locked it.
        unsafe { mutex.unlock() };
        let woken = futex::wait(&self.words.notifications, seen, timeout);
        // Late is harmless: a notification that counts too many waiters wakes nobody in vain.
        self.words.waiters.fetch_sub(1, Relaxed);
        self.words.finish_wait(!woken);
        mutex.lock();
        woken
    }
}
