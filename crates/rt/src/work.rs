//! [`Work`] and [`Kept`]: what a new thread gets from the layer above, each a pointer and functions.
//!
//! The runtime knows neither closures nor boxes. What a pointer means, how it was allocated and what it may borrow is
//! the matter of whoever made the value.

use core::mem::ManuallyDrop;

/// What a thread runs: once, or never if there is no thread.
///
/// ```
/// use threadlink_rt::Work;
///
/// /// Work that leaves its mark in a number.
/// fn count(number: &'static std::sync::atomic::AtomicU32) -> Work {
///     unsafe fn run(number: *mut ()) {
///         // SAFETY: made from a `&'static AtomicU32` below.
///         let number = unsafe { &*number.cast::<std::sync::atomic::AtomicU32>() };
///         number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
///     }
///     unsafe fn discard(_number: *mut ()) {}
///     // SAFETY: both functions take what the pointer is, which lives for ever; neither unwinds.
///     unsafe { Work::new(std::ptr::from_ref(number).cast_mut().cast(), run, discard) }
/// }
///
/// static RUNS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
/// count(&RUNS).run();
/// drop(count(&RUNS));
/// assert_eq!(RUNS.load(std::sync::atomic::Ordering::Relaxed), 1);
/// ```
#[derive(Debug)]
pub struct Work {
    data: *mut (),
    run: unsafe fn(*mut ()),
    discard: unsafe fn(*mut ()),
}

// SAFETY: who made it has promised that another thread may run it or drop it.
unsafe impl Send for Work {}

impl Work {
    /// Work that is `run(data)`. If it is dropped instead, that is `discard(data)`.
    ///
    /// # Safety
    /// - Either function can be called with `data`, on any thread, once, for as long as the value exists.
    /// - `run` does not unwind.
    #[must_use]
    pub const unsafe fn new(data: *mut (), run: unsafe fn(*mut ()), discard: unsafe fn(*mut ())) -> Self {
        Self { data, run, discard }
    }

    /// Does it.
    #[inline]
    pub fn run(self) {
        let this = ManuallyDrop::new(self);
        // SAFETY: as `new`'s caller promised; `self` is consumed without a drop, so this is the one call.
        unsafe { (this.run)(this.data) };
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // SAFETY: as `new`'s caller promised; `run` suppresses this drop.
        unsafe { (self.discard)(self.data) };
    }
}

/// What is kept for as long as a thread can run code: its name and handle, for instance. Dropping it releases it.
///
/// ```
/// use std::sync::Arc;
/// use threadlink_rt::Kept;
///
/// fn keep(name: Arc<String>) -> Kept {
///     unsafe fn release(name: *mut ()) {
///         // SAFETY: the pointer is that of an `Arc<String>` that was given up below.
///         drop(unsafe { Arc::from_raw(name.cast_const().cast::<String>()) });
///     }
///     // SAFETY: the pointer stands for a reference of its own, and a string may be dropped on any thread.
///     unsafe { Kept::new(Arc::into_raw(name).cast_mut().cast(), release) }
/// }
///
/// let name = Arc::new("worker".to_owned());
/// let kept = keep(Arc::clone(&name));
/// assert_eq!(Arc::strong_count(&name), 2);
/// drop(kept);
/// assert_eq!(Arc::strong_count(&name), 1);
/// ```
#[derive(Debug)]
pub struct Kept {
    data: *mut (),
    release: unsafe fn(*mut ()),
}

// SAFETY: who made it has promised that another thread may drop it.
unsafe impl Send for Kept {}

impl Kept {
    /// Something that `release(data)` gives up.
    ///
    /// # Safety
    /// `release` can be called with `data`, on any thread, once, at any time.
    #[must_use]
    pub const unsafe fn new(data: *mut (), release: unsafe fn(*mut ())) -> Self {
        Self { data, release }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // SAFETY: as `new`'s caller promised; a value is dropped once.
        unsafe { (self.release)(self.data) };
    }
}
