//! What the lock-free parts of this module are made of: std's types, or in a build with `--cfg loom` those of loom,
//! which tries every interleaving and every value that the memory model allows.
//!
//! The models are in `models.rs`. Everything else uses the same source with std's types.

pub(crate) use self::imp::*;

/// Makes a function `const`, except for loom, whose atomics are made at run time.
macro_rules! const_unless_loom {
    ($(#[$meta:meta])* $vis:vis const fn $($rest:tt)*) => {
        #[cfg(not(loom))]
        $(#[$meta])* $vis const fn $($rest)*
        #[cfg(loom)]
        $(#[$meta])* $vis fn $($rest)*
    };
}
pub(crate) use const_unless_loom;

#[cfg(not(loom))]
mod imp {
    use std::sync::atomic::Ordering;

    pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU32};

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

    /// Null pointers.
    pub(crate) const fn nulls<T, const N: usize>() -> [AtomicPtr<T>; N] {
        [const { AtomicPtr::new(std::ptr::null_mut()) }; N]
    }

    /// `ordering`. Models can weaken the one with this name, to show that they would notice.
    #[inline(always)]
    pub(crate) const fn needed(_name: &str, ordering: Ordering) -> Ordering {
        ordering
    }

    /// The platform's futex.
    pub(crate) mod futex {
        pub(crate) use crate::backend::futex::{wait, wake_one};

        /// The word that threads sleep on.
        pub(crate) type Word = super::AtomicU32;
    }
}

#[cfg(loom)]
mod imp {
    use std::sync::OnceLock;
    use std::sync::atomic::Ordering;

    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicU32};

    /// The environment variable that names the ordering to weaken.
    pub(crate) const WEAKENED: &str = "THREADLINK_WEAKENED_ORDERING";

    /// Null pointers.
    pub(crate) fn nulls<T, const N: usize>() -> [AtomicPtr<T>; N] {
        std::array::from_fn(|_| AtomicPtr::new(std::ptr::null_mut()))
    }

    /// `ordering`, or relaxed if this is the one that a test wants weakened.
    pub(crate) fn needed(name: &str, ordering: Ordering) -> Ordering {
        static CHOSEN: OnceLock<Option<String>> = OnceLock::new();
        let chosen = CHOSEN.get_or_init(|| std::env::var(WEAKENED).ok());
        if chosen.as_deref() == Some(name) {
            Ordering::Relaxed
        } else {
            ordering
        }
    }

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
