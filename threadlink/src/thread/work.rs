//! A closure as the pointer and functions that backends take.

use threadlink_rt::Work;

/// Work that calls `f`.
///
/// # Safety
/// - What `f` borrows lives for as long as `f` uses it, on whatever thread the work runs or is dropped.
/// - `f` does not unwind.
pub(super) unsafe fn work<F: FnOnce() + Send>(f: F) -> Work {
    /// # Safety
    /// `f` comes from a box of this type, which is given up.
    unsafe fn run<F: FnOnce()>(f: *mut ()) {
        // SAFETY: as the caller promises.
        let f = unsafe { Box::from_raw(f.cast::<F>()) };
        f();
    }
    /// # Safety
    /// As for `run`.
    unsafe fn discard<F>(f: *mut ()) {
        // SAFETY: as the caller promises.
        drop(unsafe { Box::from_raw(f.cast::<F>()) });
    }
    // SAFETY: both functions take the box, which `Work` gives to one of them; the closure may move to another thread,
    // and does not unwind.
    unsafe { Work::new(Box::into_raw(Box::new(f)).cast(), run::<F>, discard::<F>) }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn a_closure_runs_once_or_is_dropped_once() {
        let runs = Arc::new(AtomicU32::new(0));
        for run in [true, false] {
            let theirs = Arc::clone(&runs);
            // SAFETY: it borrows nothing and cannot panic.
            let work = unsafe {
                work(move || {
                    theirs.fetch_add(1, Ordering::Relaxed);
                })
            };
            assert_eq!(Arc::strong_count(&runs), 2);
            if run {
                work.run();
            } else {
                drop(work);
            }
            assert_eq!(Arc::strong_count(&runs), 1);
        }
        assert_eq!(runs.load(Ordering::Relaxed), 1);
    }
}
