//! [`StreamLock`]: sole use of a standard stream, for as long as its owner lives.
//!
//! It guards no data, only lines from being mixed. So it can be taken from a thread that has died, as nothing would ever
//! give it back: the program would fall silent. That a thread has died is learned from its panic, from a join, or, where
//! nobody joins a thread that trapped, from the host, which says it in the lock's own word.

use std::marker::PhantomData;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;

use threadlink_rt::{futex, held, hooks};

/// Somebody waits, or has waited. The other bits, but for [`held::BY_DEAD`], are the address of the owner's control block,
/// which is a multiple of 16.
const WAITED_FOR: u32 = 1;
const OWNER: u32 = !(WAITED_FOR | held::BY_DEAD);

/// A lock that its owner can lock again.
pub(super) struct StreamLock {
    /// The owner, [`WAITED_FOR`] and [`held::BY_DEAD`], or 0.
    state: AtomicU32,
    /// Where its owner says that it has it.
    place: usize,
    /// How often the owner has locked it besides the first time.
    again: AtomicU32,
    /// What there is to tell of owners that have died.
    news: Mutex<Option<String>>,
}

impl StreamLock {
    pub(super) const fn new(place: usize) -> Self {
        Self {
            state: AtomicU32::new(0),
            place,
            again: AtomicU32::new(0),
            news: Mutex::new(None),
        }
    }

    /// Locks it. `news` is what to tell if its owner has died, whose name is given.
    pub(super) fn lock(
        &'static self,
        news: impl Fn(Option<&[u8]>) -> Option<String>,
    ) -> StreamGuard<'static> {
        let me = this_thread();
        if self.owner() == me {
            self.again.fetch_add(1, Ordering::Relaxed);
        } else {
            if !self.take(me)
                && let Some(dead) = self.wait(me | WAITED_FOR)
            {
                self.again.store(0, Ordering::Relaxed);
                // SAFETY: the host says that the thread has died.
                let name = unsafe { held::name_of_dead(dead as usize) };
                self.tell(news(name));
            }
            held::hold(self.place, &self.state);
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
        // Whoever waits may take it from the thread at the same time.
        while self.owner() == thread {
            let now = self.state.load(Ordering::Relaxed);
            if now & OWNER == thread && self.replace(now, this_thread() | WAITED_FOR) {
                self.again.store(0, Ordering::Relaxed);
                // Told first: who gets the lock next is to find it.
                self.tell(news());
                if thread == this_thread() {
                    // It is about to die, without the lock.
                    held::release(self.place);
                }
                return self.free();
            }
        }
    }

    fn tell(&self, news: Option<String>) {
        if news.is_some() {
            *self.news.lock() = news;
        }
    }

    fn owner(&self) -> u32 {
        self.state.load(Ordering::Relaxed) & OWNER
    }

    fn replace(&self, now: u32, then: u32) -> bool {
        self.state
            .compare_exchange(now, then, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// Takes the lock if it is free.
    fn take(&self, state: u32) -> bool {
        self.replace(0, state)
    }

    /// Waits until the lock can be taken, and takes it; from a dead owner, if there is one, whom it names.
    #[cold]
    fn wait(&self, state: u32) -> Option<u32> {
        // Whoever has waited says that others may wait, as it cannot know.
        while !self.take(state) {
            let now = self.state.load(Ordering::Relaxed);
            // Free by now. It must not be marked then: a mark without an owner is never taken away.
            if now == 0 {
                continue;
            }
            if now & held::BY_DEAD != 0 {
                if self.replace(now, state) {
                    return Some(now & OWNER);
                }
                continue;
            }
            let told = now | WAITED_FOR;
            if now == told || self.replace(now, told) {
                futex::wait(&self.state, told, None);
            }
        }
        None
    }

    fn unlock(&self) {
        // In one step: entry points that a host calls in parallel, on threads of its own, count as one owner.
        let was_again = self
            .again
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |again| again.checked_sub(1));
        if was_again.is_err() {
            held::release(self.place);
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
