//! An allocator that counts: the system's own, and how many bytes were there at once.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The system's allocator and two counters. Meant for a test program with one test, for it counts all threads.
pub(crate) struct Counted {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Counted {
    pub(crate) const fn new() -> Self {
        Self {
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        }
    }

    /// The most bytes that were allocated at once while `run` ran, besides those that were before.
    pub(crate) fn peak_of(&self, run: impl FnOnce()) -> usize {
        let before = self.now.load(Ordering::Relaxed);
        self.most.store(before, Ordering::Relaxed);
        run();
        self.most.load(Ordering::Relaxed) - before
    }

    fn add(&self, bytes: usize) {
        let now = self.now.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.most.fetch_max(now, Ordering::Relaxed);
    }
}

// SAFETY: every call is the system allocator's own with the same arguments, and counting touches no memory of theirs.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.add(layout.size());
        // SAFETY: the caller keeps to what `GlobalAlloc` asks of it.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        self.now.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above; `at` came from `alloc`, so from the system.
        unsafe { System.dealloc(at, layout) }
    }
}
