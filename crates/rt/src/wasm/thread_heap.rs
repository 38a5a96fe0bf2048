//! The allocator of a guest: where the cache of a thread stands, and when it is given back.
//!
//! One word of thread-local storage has the cache's address, in assembly as the one in `current.rs`. A thread that has not set
//! its base yet has none; that is a fresh instance's, in the linker's start function and in functions that hosts call before
//! they have set it.
//!
//! The word is a weak symbol: where the allocator stands in one copy of this crate, which std has, and threads in another,
//! both mean the same word. Of the cache, the one that threads end in needs its beginning only.

use core::arch::wasm32;
use core::ptr::NonNull;

use super::{futex, tls};
use crate::alloc::{Counts, Fate, Platform, ThreadCache, Wait};
use crate::primitive::AtomicU32;

// Back to code at the end, as in `current.rs`.
core::arch::global_asm!(
    "
    .section .tbss.__threadlink_heap,\"T\",@
    .weak __threadlink_heap
    .hidden __threadlink_heap
    .type __threadlink_heap, @object
    .p2align 2
__threadlink_heap:
    .int32 0
    .size __threadlink_heap, 4
    .section .text,\"\",@
    "
);

/// Where the word stands in each TLS area.
#[inline(always)]
fn offset() -> usize {
    let offset;
    // SAFETY: only says a constant that the linker knows.
    unsafe {
        core::arch::asm!(
            "i32.const __threadlink_heap@TLSREL",
            "local.set {}",
            out(local) offset,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    offset
}

/// A guest, for its allocator.
#[derive(Debug, Clone, Copy)]
pub struct Guest;

impl Wait for Guest {
    fn wait(&self, word: &AtomicU32, value: u32) {
        futex::wait(word, value, None);
    }

    fn wake_one(&self, word: &AtomicU32) {
        futex::wake_one(word);
    }
}

// SAFETY: the word is nobody else's, and zero in the initial image of each TLS area.
unsafe impl Platform for Guest {
    #[inline(always)]
    fn slot(&self) -> *mut *mut ThreadCache {
        let base = tls::base();
        if base.is_null() {
            return core::ptr::null_mut();
        }
        // SAFETY: the word lies in the area.
        unsafe { base.add(offset()).cast() }
    }

    /// Its name is what a backtrace shows.
    #[cold]
    #[inline(never)]
    fn freed_twice(&self) -> ! {
        wasm32::unreachable()
    }
}

/// The cache of the thread that calls, whatever allocator it is of.
fn own() -> Option<NonNull<ThreadCache>> {
    let slot = Guest.slot();
    if slot.is_null() {
        return None;
    }
    // SAFETY: the thread's own word.
    NonNull::new(unsafe { *slot })
}

/// What the program's allocator keeps, if it is one of these and the thread that calls has allocated.
#[must_use]
pub fn heap_counts() -> Counts {
    own().map_or_else(Counts::default, |cache| {
        // SAFETY: the thread's own cache.
        unsafe { ThreadCache::counts(cache) }
    })
}

/// The thread that calls has run the last of the program's code that it had.
pub(super) fn thread_ended() {
    if let Some(cache) = own() {
        // SAFETY: the thread's own cache, and nobody else tells of its end.
        unsafe { ThreadCache::retire(cache, Fate::Ended) };
    }
}

/// A thread has died.
///
/// # Safety
/// This is said once, the area was the thread's, and is never used again.
pub(super) unsafe fn thread_died(area: *const u8) {
    // SAFETY: the word lies in the area; a dead thread doesn't use it.
    unsafe {
        let slot = area.add(offset()).cast::<*mut ThreadCache>();
        if let Some(cache) = NonNull::new(*slot) {
            ThreadCache::retire(cache, Fate::Died);
        }
    }
}
