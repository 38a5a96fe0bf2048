//! The allocator below: this machine's, with a limit, and books of what it has given.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What is allocated now.
#[derive(Default)]
pub(in super::super) struct Books {
    live: Mutex<HashMap<usize, Layout>>,
    bytes: AtomicUsize,
}

impl Books {
    pub(in super::super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

pub(in super::super) struct Below {
    pub(in super::super) books: Arc<Books>,
    limit: usize,
}

impl Below {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            books: Arc::default(),
            limit,
        }
    }

    /// Nobody else is here now.
    fn books(&self) -> std::sync::MutexGuard<'_, HashMap<usize, Layout>> {
        self.books
            .live
            .try_lock()
            .expect("two threads use the allocator below at once")
    }

    fn enter(&self, live: &mut HashMap<usize, Layout>, memory: *mut u8, layout: Layout) -> *mut u8 {
        if !memory.is_null() {
            assert!(live.insert(memory.addr(), layout).is_none());
            self.books.bytes.fetch_add(layout.size(), Ordering::Relaxed);
        }
        memory
    }

    fn leave(&self, live: &mut HashMap<usize, Layout>, memory: *mut u8, layout: Layout) {
        assert_eq!(
            live.remove(&memory.addr()),
            Some(layout),
            "given back with another layout"
        );
        self.books.bytes.fetch_sub(layout.size(), Ordering::Relaxed);
    }

    fn has(&self, more: usize) -> bool {
        more <= self.limit && self.books.bytes() <= self.limit - more
    }
}

// SAFETY: the machine's allocator, or null.
unsafe impl GlobalAlloc for Below {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let mut live = self.books();
        if !self.has(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: as the caller promises.
        let memory = unsafe { System.alloc(layout) };
        if !memory.is_null() {
            // SAFETY: new memory. No program may count on what it finds.
            unsafe { memory.write_bytes(0xa5, layout.size()) };
        }
        self.enter(&mut live, memory, layout)
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        let mut live = self.books();
        self.leave(&mut live, memory, layout);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) };
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let mut live = self.books();
        if !self.has(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: as the caller promises.
        let memory = unsafe { System.alloc_zeroed(layout) };
        self.enter(&mut live, memory, layout)
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let mut live = self.books();
        if new_size > layout.size() && !self.has(new_size - layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: as the caller promises.
        let moved = unsafe { System.realloc(memory, layout, new_size) };
        if !moved.is_null() {
            self.leave(&mut live, memory, layout);
            let new = Layout::from_size_align(new_size, layout.align()).expect("a valid layout");
            self.enter(&mut live, moved, new);
        }
        moved
    }
}
