//! [`StreamLock`]: sole use of a standard stream, for as long as its owner lives.
//!
//! It guards no data, only lines from being mixed. So it can be taken from a thread that has died, as nothing would ever
//! give it back: the program would fall silent.

use std::marker::PhantomData;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;

use threadlink_rt::{futex, hooks};

/// Somebody waits, or has waited. The other bits are the address of the owner's control block, which is a multiple of 16.
const WAITED_FOR: u32 = 1;

/// A lock that its owner can lock again.
pub(super) struct StreamLock {
    /// The owner and [`WAITED_FOR`], or 0.
    state: AtomicU32,
    /// How often the owner has locked it besides the first time.
    again: AtomicU32,
    /// What there is to tell of owners that have died.
    news: Mutex<Option<String>>,
}

impl StreamLock {
    pub(super) const fn new() -> Self {
        Self {
            state: AtomicU32::new(0),
            again: AtomicU32::new(0),
            news: Mutex::new(None),
        }
    }

    pub(super) fn lock(&self) -> StreamGuard<'_> {
        let me = this_thread();
        if self.owner() == me {
            self.again.fetch_add(1, Ordering::Relaxed);
        } else if !self.take(me) {
            self.wait(me | WAITED_FOR);
        }
        StreamGuard {
            lock: self,
            _stays: PhantomData,
        }
    }

    /// Takes what there is to tell of owners that have died.
    pub(super) fn news(&self) -> Option<String> {
        self.news.lock().take()
    }

    /// Takes the lock from a thread that runs no more code of the program, if it has it. `news` is what to tell of that.
    pub(super) fn take_from(&self, thread: u32, news: impl FnOnce() -> Option<String>) {
        if self.owner() == thread {
            // Told first: who gets the lock next is to find it.
            if let Some(text) = news() {
                *self.news.lock() = Some(text);
            }
            self.again.store(0, Ordering::Relaxed);
            self.free();
        }
    }

    fn owner(&self) -> u32 {
        self.state.load(Ordering::Relaxed) & !WAITED_FOR
    }

    /// Takes the lock if it is free.
    fn take(&self, state: u32) -> bool {
        let taken = self
            .state
            .compare_exchange(0, state, Ordering::Acquire, Ordering::Relaxed);
        taken.is_ok()
    }

    #[cold]
    fn wait(&self, state: u32) {
        // Whoever has waited says that others may wait, as it cannot know.
        while !self.take(state) {
            let now = self.state.load(Ordering::Relaxed);
            // Free by now. It must not be marked then: a mark without an owner is never taken away.
            if now == 0 {
                continue;
            }
            let told = now | WAITED_FOR;
            let is_told = now == told
                || self
                    .state
                    .compare_exchange(now, told, Ordering::Relaxed, Ordering::Relaxed)
                    .is_ok();
            if is_told {
                futex::wait(&self.state, told, None);
            }
        }
    }

    fn unlock(&self) {
        // In one step: entry points that a host calls in parallel, on threads of its own, count as one owner.
        let was_again = self
            .again
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |again| again.checked_sub(1));
        if was_again.is_err() {
            self.free();
        }
    }

    fn free(&self) {
        if self.state.swap(0, Ordering::Release) & WAITED_FOR != 0 {
            futex::wake_one(&self.state);
        }
    }
}

/// The thread that calls, as the lock knows it.
pub(super) fn this_thread() -> u32 {
    // An address is 32 bits wide here.
    hooks::holder() as u32
}

/// Sole use of a stream, until it is dropped: by the thread that has locked it, so that it is not `Send`.
pub(super) struct StreamGuard<'a> {
    lock: &'a StreamLock,
    _stays: PhantomData<MutexGuard<'static, ()>>,
}

/// Compiles only if the guard is not `Send`: otherwise there are two answers.
const _: () = {
    trait Stays<Answer> {
        const STAYS: () = ();
    }
    impl<T> Stays<()> for T {}
    impl<T: Send> Stays<bool> for T {}
    <StreamGuard<'static> as Stays<_>>::STAYS
};

impl Drop for StreamGuard<'_> {
    fn drop(&mut self) {
        self.lock.unlock();
    }
}
