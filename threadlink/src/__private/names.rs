//! The names of locks that another function than `with_name` makes, and what tests ask for.

use std::panic::Location;

use crate::hooks::LockName;
use crate::sync;

/// A lock or condition variable that knows its name and where it was made.
pub trait Lock {
    /// Gives it a name.
    fn rename(&mut self, name: LockName);

    /// Where it was made and its name; nothing without the feature `tracing`.
    fn origin(&self) -> (Option<&'static Location<'static>>, Option<&'static str>);
}

impl<T> Lock for sync::Mutex<T> {
    fn rename(&mut self, name: LockName) {
        self.raw.origin.rename(name);
    }

    fn origin(&self) -> (Option<&'static Location<'static>>, Option<&'static str>) {
        self.raw.origin.get()
    }
}

impl<T> Lock for sync::RwLock<T> {
    fn rename(&mut self, name: LockName) {
        self.raw.origin.rename(name);
    }

    fn origin(&self) -> (Option<&'static Location<'static>>, Option<&'static str>) {
        self.raw.origin.get()
    }
}

impl Lock for sync::Condvar {
    fn rename(&mut self, name: LockName) {
        self.origin.rename(name);
    }

    fn origin(&self) -> (Option<&'static Location<'static>>, Option<&'static str>) {
        self.origin.get()
    }
}

/// The lock, with this name.
#[must_use]
#[inline]
pub fn named<L: Lock>(mut lock: L, name: LockName) -> L {
    lock.rename(name);
    lock
}
