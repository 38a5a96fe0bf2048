//! A lock that is held for a moment: whoever finds it held looks again for a while, and then sleeps.
//!
//! | word | |
//! |---|---|
//! | 0 | free |
//! | 1 | held |
//! | 2 | held, and somebody may sleep until it is free |

use core::cell::UnsafeCell;
use core::hint;
use core::ops::Deref;
use core::sync::atomic::Ordering;

use crate::const_unless_loom;
use crate::primitive::{AtomicU32, needed};

const FREE: u32 = 0;
const HELD: u32 = 1;
const AWAITED: u32 = 2;

/// How often one looks before one sleeps: about as long as it takes to fall asleep and be woken. Loom tries every
/// interleaving as it is.
const LOOKS: u32 = if cfg!(loom) { 0 } else { 200 };

/// How to sleep at a word.
pub trait Wait {
    /// Sleeps while the word has this value, until woken. It may return at any time.
    fn wait(&self, word: &AtomicU32, value: u32);

    /// Wakes one who sleeps at the word, if there is one.
    fn wake_one(&self, word: &AtomicU32);
}

/// Something that one thread uses at a time.
pub(crate) struct Lock<T, W> {
    word: AtomicU32,
    wait: W,
    inner: UnsafeCell<T>,
}

// SAFETY: one thread at a time gets at what is inside.
unsafe impl<T: Send, W: Sync> Sync for Lock<T, W> {}

impl<T, W: Wait> Lock<T, W> {
    const_unless_loom! {
        /// A free lock.
        pub(crate) const fn new(inner: T, wait: W) -> Self {
            Self { word: AtomicU32::new(FREE), wait, inner: UnsafeCell::new(inner) }
        }
    }

    /// How its users sleep.
    pub(crate) const fn wait(&self) -> &W {
        &self.wait
    }

    /// Waits until it is free, and holds it.
    pub(crate) fn hold(&self) -> Held<'_, T, W> {
        if !self.try_hold() {
            self.hold_later();
        }
        Held(self)
    }

    fn try_hold(&self) -> bool {
        self.word
            .compare_exchange(
                FREE,
                HELD,
                needed("lock-hold", Ordering::Acquire),
                Ordering::Relaxed,
            )
            .is_ok()
    }

    #[cold]
    fn hold_later(&self) {
        for _ in 0..LOOKS {
            if self.word.load(Ordering::Relaxed) == FREE && self.try_hold() {
                return;
            }
            hint::spin_loop();
        }
        // Whoever gets it here doesn't know whether others sleep as well, and says that some do.
        while self
            .word
            .swap(AWAITED, needed("lock-hold-later", Ordering::Acquire))
            != FREE
        {
            self.wait.wait(&self.word, AWAITED);
        }
    }
}

/// The right to use what is inside; gone when it is dropped.
pub(crate) struct Held<'a, T, W: Wait>(&'a Lock<T, W>);

impl<T, W: Wait> Deref for Held<'_, T, W> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the lock is held.
        unsafe { &*self.0.inner.get() }
    }
}

impl<T, W: Wait> Drop for Held<'_, T, W> {
    fn drop(&mut self) {
        let before = self.0.word.swap(FREE, needed("lock-release", Ordering::Release));
        if before == AWAITED {
            self.0.wait.wake_one(&self.0.word);
        }
    }
}
