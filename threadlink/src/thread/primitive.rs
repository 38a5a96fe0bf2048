//! What the lock-free parts of this module are made of: std's types, or in a build with `--cfg loom` those of loom,
//! which tries every interleaving and every value that the memory model allows.
//!
//! The models are in `models.rs`. Everything else uses the same source with std's types.

pub(crate) use self::imp::*;
pub(crate) use threadlink_rt::const_unless_loom;
pub(crate) use threadlink_rt::primitive::{AtomicU32, needed};

#[cfg(not(loom))]
mod imp {
    /// std's cell with loom's interface.
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        /// Gives the pointer to `f`, which may write through it if it upholds what std's cell asks for.
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }

    /// The platform's futex.
    pub(crate) mod futex {
        pub(crate) use crate::backend::futex::{wait, wake_one};

        /// The word that threads sleep on.
        pub(crate) type Word = super::super::AtomicU32;
    }
}

#[cfg(loom)]
mod imp {
    pub(crate) use loom::cell::UnsafeCell;

    /// A futex made of loom's mutex and condition variable: it loses a wake-up exactly where the real one does.
    pub(crate) mod futex {
        use std::ops::Deref;
        use std::sync::atomic::Ordering;
        use std::time::Duration;

        use loom::sync::atomic::AtomicU32;
        use loom::sync::{Condvar, Mutex};

        /// The word that threads sleep on, and the queue that the system keeps for it.
        pub(crate) struct Word {
            value: AtomicU32,
            queue: Mutex<()>,
            woken: Condvar,
        }

        impl Word {
            pub(crate) fn new(value: u32) -> Self {
                Self {
                    value: AtomicU32::new(value),
                    queue: Mutex::new(()),
                    woken: Condvar::new(),
                }
            }
        }

        impl Deref for Word {
            type Target = AtomicU32;

            fn deref(&self) -> &AtomicU32 {
                &self.value
            }
        }

        /// Sleeps if the word has this value. Time does not pass in a model: a timeout never comes.
        pub(crate) fn wait(word: &Word, expected: u32, _timeout: Option<Duration>) -> bool {
            let queue = word.queue.lock().unwrap();
            // As the system's own look: it orders nothing for the program.
            if word.value.load(Ordering::Relaxed) == expected {
                drop(word.woken.wait(queue).unwrap());
            }
            true
        }

        pub(crate) fn wake_one(word: &Word) {
            drop(word.queue.lock().unwrap());
            word.woken.notify_one();
        }
    }
}
