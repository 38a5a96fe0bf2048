//! Tests of the allocator on threads of this machine, over an allocator below that checks how it is used.

pub(super) mod below;
mod bounds;
mod bytes;
mod single;

use std::cell::Cell;
use std::ptr::NonNull;

use self::below::Below;
use super::{Fate, Heap, Platform, ThreadCache, Wait};
use crate::primitive::AtomicU32;

thread_local! {
    static SLOT: Cell<*mut ThreadCache> = const { Cell::new(std::ptr::null_mut()) };
    /// Whether the thread has storage for its cache.
    static SET_UP: Cell<bool> = const { Cell::new(true) };
}

pub(super) struct Here;

impl Wait for Here {
    fn wait(&self, _word: &AtomicU32, _value: u32) {
        std::thread::yield_now();
    }

    fn wake_one(&self, _word: &AtomicU32) {}
}

// SAFETY: a thread-local of its own.
unsafe impl Platform for Here {
    fn slot(&self) -> *mut *mut ThreadCache {
        if SET_UP.get() {
            SLOT.with(Cell::as_ptr)
        } else {
            std::ptr::null_mut()
        }
    }

    fn freed_twice(&self) -> ! {
        panic!("freed twice");
    }
}

type TestHeap = Heap<Below, Here>;

fn heap(limit: usize) -> &'static TestHeap {
    Box::leak(Box::new(Heap::new(Below::new(limit), Here)))
}

fn fate(fate: Fate) {
    if let Some(cache) = NonNull::new(SLOT.get()) {
        // SAFETY: the cache of the thread that calls, and of no other.
        unsafe { ThreadCache::retire(cache, fate) };
    }
}

/// Runs this on a new thread, whose cache is taken back at its end.
fn on_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    on_thread_that(Fate::Ended, work)
}

fn on_thread_that<T: Send>(end: Fate, work: impl FnOnce() -> T + Send) -> T {
    let result = std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let result = work();
            fate(end);
            result
        });
        thread.join()
    });
    result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
