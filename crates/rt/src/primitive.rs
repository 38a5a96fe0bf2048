//! What the lock-free parts are made of: core's types, or in a build with `--cfg loom` those of loom, which tries every
//! interleaving and every value that the memory model allows.
//!
//! The models are in `models.rs`, and those of the layer above beside it. Everything else uses the same source with core's
//! types.

pub use self::imp::*;

/// Makes a function `const`, except for loom, whose atomics are made at run time.
#[doc(hidden)]
#[macro_export]
macro_rules! const_unless_loom {
    ($(#[$meta:meta])* $vis:vis const fn $($rest:tt)*) => {
        #[cfg(not(loom))]
        $(#[$meta])* $vis const fn $($rest)*
        #[cfg(loom)]
        $(#[$meta])* $vis fn $($rest)*
    };
}

#[cfg(not(loom))]
mod imp {
    use core::ptr;
    use core::sync::atomic::Ordering;

    pub use core::sync::atomic::{AtomicPtr, AtomicU32};

    /// Null pointers.
    #[must_use]
    pub const fn nulls<T, const N: usize>() -> [AtomicPtr<T>; N] {
        [const { AtomicPtr::new(ptr::null_mut()) }; N]
    }

    /// `ordering`. Models can weaken the one with this name, to show that they would notice.
    #[inline(always)]
    #[must_use]
    pub const fn needed(_name: &str, ordering: Ordering) -> Ordering {
        ordering
    }
}

#[cfg(loom)]
mod imp {
    use core::sync::atomic::Ordering;
    use std::process::Command;
    use std::string::String;
    use std::sync::OnceLock;

    use loom::cell::UnsafeCell;
    pub use loom::sync::atomic::{AtomicPtr, AtomicU32};

    /// The environment variable that names the ordering to weaken.
    const WEAKENED: &str = "THREADLINK_WEAKENED_ORDERING";

    /// Null pointers.
    #[must_use]
    pub fn nulls<T, const N: usize>() -> [AtomicPtr<T>; N] {
        core::array::from_fn(|_| AtomicPtr::new(core::ptr::null_mut()))
    }

    fn weakened() -> Option<&'static str> {
        static CHOSEN: OnceLock<Option<String>> = OnceLock::new();
        CHOSEN.get_or_init(|| std::env::var(WEAKENED).ok()).as_deref()
    }

    /// `ordering`, or relaxed if this is the one that a test wants weakened.
    #[must_use]
    pub fn needed(name: &str, ordering: Ordering) -> Ordering {
        if weakened() == Some(name) {
            Ordering::Relaxed
        } else {
            ordering
        }
    }

    /// Memory that only one thread may use at a time. To loom, each use is a write.
    #[derive(Debug)]
    pub struct Memory(UnsafeCell<u32>);

    // SAFETY: what is at stake: loom fails the model if two threads use it without an order between them.
    unsafe impl Sync for Memory {}
    // SAFETY: a number.
    unsafe impl Send for Memory {}

    impl Memory {
        /// Memory that nobody has used.
        #[must_use]
        pub fn new() -> Self {
            Self(UnsafeCell::new(0))
        }

        /// Uses it.
        pub fn touch(&self) {
            // SAFETY: loom has checked that nobody else uses it now.
            self.0.with_mut(|number| unsafe { *number += 1 });
        }
    }

    impl Default for Memory {
        fn default() -> Self {
            Self::new()
        }
    }

    /// Checks that each model notices that an ordering is weakened: runs it as it is, which must succeed, and with the
    /// ordering relaxed, which must fail. `pairs` are names of orderings and of tests of the program that calls, whose
    /// module is `module`.
    ///
    /// # Panics
    /// If one holds with its ordering weakened, fails without, or is not there.
    pub fn check_weakened(module: &str, pairs: &[(&str, &str)]) {
        if weakened().is_some() {
            // A model's own process.
            return;
        }
        let (_crate, module) = module.split_once("::").expect("a module of a crate");
        let fails = |model: &str, ordering: &str| {
            let output = Command::new(std::env::current_exe().expect("a running program has a path"))
                .args(["--exact", &std::format!("{module}::{model}"), "--nocapture"])
                .env(WEAKENED, ordering)
                .output()
                .expect("a program can run itself");
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(
                text.contains("running 1 test"),
                "there is no model {model}: {text}"
            );
            !output.status.success()
        };
        for (ordering, model) in pairs {
            assert!(!fails(model, "nothing"), "{model} fails by itself");
            assert!(fails(model, ordering), "{model} holds with {ordering} relaxed");
        }
    }
}
