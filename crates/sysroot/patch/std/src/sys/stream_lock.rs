//! The lock of an output stream, as `sync::ReentrantLock` is it elsewhere. This one can be taken from a thread that has died with
//! it, as nothing would ever give it back and the program would fall silent: the thread says in its block that it has the lock,
//! and the host, when the thread has trapped, says so in the lock's own word.

// A version of std whose streams are not as the edit expects them keeps its own locks.
#![allow(dead_code)]

use crate::cell::UnsafeCell;
use crate::ops::Deref;
use crate::sync::atomic::{AtomicU32, Ordering};
use threadlink_rt::{futex, held, hooks};

/// Somebody waits, or has waited. The other bits, but for `held::BY_DEAD`, are the address of the owner's block, which is a
/// multiple of 16.
const WAITED_FOR: u32 = 1;
const OWNER: u32 = !(WAITED_FOR | held::BY_DEAD);

pub struct ReentrantLock<T> {
    /// The owner, `WAITED_FOR` and `held::BY_DEAD`, or 0.
    state: AtomicU32,
    /// What only the owner looks at.
    owned: UnsafeCell<Owned>,
    data: T,
}

#[derive(Clone, Copy)]
struct Owned {
    /// How often the owner has locked it.
    count: u32,
    /// Where the owner's block says that it has it, if there was a place.
    place: Option<usize>,
}

// SAFETY: the data goes from owner to owner, and only the owner gets at it.
unsafe impl<T: Send> Sync for ReentrantLock<T> {}

pub struct ReentrantLockGuard<'a, T> {
    lock: &'a ReentrantLock<T>,
}

impl<T> !Send for ReentrantLockGuard<'_, T> {}
// SAFETY: it gives a reference to the data and nothing else.
unsafe impl<T: Sync> Sync for ReentrantLockGuard<'_, T> {}

impl<T> ReentrantLock<T> {
    pub const fn new(data: T) -> ReentrantLock<T> {
        let owned = UnsafeCell::new(Owned { count: 0, place: None });
        ReentrantLock { state: AtomicU32::new(0), owned, data }
    }

    pub fn lock(&'static self) -> ReentrantLockGuard<'static, T> {
        let me = this_thread();
        if self.owner() == me {
            self.lock_again().expect("lock count overflow in reentrant mutex");
        } else {
            if !self.replace(0, me) {
                self.wait(me | WAITED_FOR);
            }
            self.taken();
        }
        ReentrantLockGuard { lock: self }
    }

    pub fn try_lock(&'static self) -> Option<ReentrantLockGuard<'static, T>> {
        let me = this_thread();
        if self.owner() == me {
            self.lock_again()?;
        } else {
            let now = self.state.load(Ordering::Relaxed);
            if !(now == 0 && self.replace(0, me) || self.take_from_dead(now, me | WAITED_FOR)) {
                return None;
            }
            self.taken();
        }
        Some(ReentrantLockGuard { lock: self })
    }

    fn owner(&self) -> u32 {
        self.state.load(Ordering::Relaxed) & OWNER
    }

    fn replace(&self, now: u32, then: u32) -> bool {
        self.state.compare_exchange(now, then, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    fn take_from_dead(&self, now: u32, then: u32) -> bool {
        now & held::BY_DEAD != 0 && self.replace(now, then)
    }

    /// Waits until the lock can be taken, and takes it; from a dead owner, if there is one.
    #[cold]
    fn wait(&self, state: u32) {
        // Whoever has waited says that others may wait, as it cannot know.
        while !self.replace(0, state) {
            let now = self.state.load(Ordering::Relaxed);
            if self.take_from_dead(now, state) {
                return;
            }
            // Free by now, or another's by now. What is free must not be marked: a mark without an owner is never taken away.
            if now == 0 || now & held::BY_DEAD != 0 {
                continue;
            }
            let told = now | WAITED_FOR;
            if now == told || self.replace(now, told) {
                futex::wait(&self.state, told, None);
            }
        }
    }

    /// The thread that calls has just got the lock.
    fn taken(&'static self) {
        let place = held::hold_in_free_place(&self.state);
        // SAFETY: the thread that calls is the owner.
        unsafe { *self.owned.get() = Owned { count: 1, place } };
    }

    fn lock_again(&self) -> Option<()> {
        // SAFETY: the thread that calls is the owner.
        let owned = unsafe { &mut *self.owned.get() };
        owned.count = owned.count.checked_add(1)?;
        Some(())
    }

    fn unlock(&self) {
        // SAFETY: the thread that calls is the owner, as it has a guard.
        let owned = unsafe { &mut *self.owned.get() };
        owned.count -= 1;
        if owned.count > 0 {
            return;
        }
        // Before anybody else can have the lock.
        if let Some(place) = owned.place.take() {
            held::release(place);
        }
        if self.state.swap(0, Ordering::Release) & WAITED_FOR != 0 {
            futex::wake_one(&self.state);
        }
    }
}

impl<T> Deref for ReentrantLockGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.lock.data
    }
}

impl<T> Drop for ReentrantLockGuard<'_, T> {
    fn drop(&mut self) {
        self.lock.unlock();
    }
}

/// The thread that calls, as the lock knows it: an address has 32 bits here.
fn this_thread() -> u32 {
    hooks::holder() as u32
}
