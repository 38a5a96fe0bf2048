//! A read-write lock and a `Once` that say nothing and import nothing: for what every program has in it, the panic hook and
//! the end of `main`.

use crate::cell::UnsafeCell;
use crate::mem;
use crate::ops::{Deref, DerefMut};
use crate::sys::sync::{QuietOnce, QuietRwLock};

pub struct RwLock<T> {
    lock: QuietRwLock,
    value: UnsafeCell<T>,
}

// SAFETY: as std's own: readers share the value, a writer has it alone.
unsafe impl<T: Send + Sync> Sync for RwLock<T> {}

impl<T> RwLock<T> {
    pub const fn new(value: T) -> Self {
        Self { lock: QuietRwLock::new(), value: UnsafeCell::new(value) }
    }

    pub fn read(&self) -> ReadGuard<'_, T> {
        self.lock.read();
        ReadGuard(self)
    }

    pub fn write(&self) -> WriteGuard<'_, T> {
        self.lock.write();
        WriteGuard(self)
    }

    pub fn replace(&self, value: T) -> T {
        mem::replace(&mut *self.write(), value)
    }
}

pub struct ReadGuard<'a, T>(&'a RwLock<T>);

impl<T> Deref for ReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: locked for reading.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> Drop for ReadGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: locked for reading, once for each guard.
        unsafe { self.0.lock.read_unlock() };
    }
}

pub struct WriteGuard<'a, T>(&'a RwLock<T>);

impl<T> Deref for WriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: locked for writing.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for WriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: locked for writing.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for WriteGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: locked for writing.
        unsafe { self.0.lock.write_unlock() };
    }
}

pub struct Once(QuietOnce);

impl Once {
    pub const fn new() -> Self {
        Self(QuietOnce::new())
    }

    pub fn call_once(&self, f: impl FnOnce()) {
        if !self.0.is_completed() {
            let mut f = Some(f);
            self.0.call(false, &mut |_| {
                if let Some(f) = f.take() {
                    f();
                }
            });
        }
    }
}
