//! The allocator: where an object comes from and where it goes to.

use core::alloc::{GlobalAlloc, Layout};
use core::mem;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicUsize, Ordering};

use super::centre::Centre;
use super::lock::{Held, Lock, Wait};
use super::object::{self, List, Object};
use super::size::{self, CENTRE, POOL, SIZES};
use super::thread_cache::{Calls, Counts, Fate, ThreadCache};
use crate::cache::Cache;
use crate::const_unless_loom;

/// What the allocator needs to know of where it runs.
///
/// # Safety
/// The slot of a thread is one word that nobody else uses, null at first, for as long as the thread runs.
pub unsafe trait Platform: Wait + Sync {
    /// Where the cache of the thread that calls stands; null if the thread has no storage yet.
    fn slot(&self) -> *mut *mut ThreadCache;

    /// The thread that calls has freed an object twice.
    fn freed_twice(&self) -> !;
}

/// An allocator for many threads over `B`, which is used by one at a time.
pub struct Heap<B, P> {
    below: Lock<B, P>,
    centre: Centre<Object, SIZES, CENTRE>,
    pool: Cache<ThreadCache, POOL>,
    caches: AtomicUsize,
    lost: AtomicUsize,
}

impl<B: GlobalAlloc + Send, P: Platform> Heap<B, P> {
    const_unless_loom! {
        /// An allocator over `below`. It has to stay where it is once it is used: a static is what it is made for.
        pub const fn new(below: B, platform: P) -> Self {
            Self {
                below: Lock::new(below, platform),
                centre: Centre::new(),
                pool: Cache::new(),
                caches: AtomicUsize::new(0),
                lost: AtomicUsize::new(0),
            }
        }
    }

    /// Memory of this layout, or null.
    ///
    /// # Safety
    /// As for [`GlobalAlloc::alloc`].
    #[inline(always)]
    pub unsafe fn alloc(&'static self, layout: Layout) -> *mut u8 {
        if let Some(size) = size::of(layout) {
            if let Some(cache) = self.cache() {
                // SAFETY: the thread's own cache, and a size of ours.
                if let Some(object) = unsafe { (*cache.as_ptr()).pop(size) } {
                    return object.as_ptr();
                }
            }
            self.alloc_later(size)
        } else {
            self.alloc_below(layout)
        }
    }

    /// The same, full of zeros.
    ///
    /// # Safety
    /// As for [`GlobalAlloc::alloc_zeroed`].
    #[inline]
    pub unsafe fn alloc_zeroed(&'static self, layout: Layout) -> *mut u8 {
        if size::of(layout).is_none() {
            // The allocator below may know that it is zero.
            return self.or_reclaim(|below| {
                // SAFETY: as the caller promises.
                unsafe { below.alloc_zeroed(size::below(layout)) }
            });
        }
        // SAFETY: as the caller promises.
        let memory = unsafe { self.alloc(layout) };
        if !memory.is_null() {
            // SAFETY: new memory of this size.
            unsafe { memory.write_bytes(0, layout.size()) };
        }
        memory
    }

    /// Gives memory back.
    ///
    /// # Safety
    /// As for [`GlobalAlloc::dealloc`].
    #[inline(always)]
    pub unsafe fn dealloc(&'static self, memory: *mut u8, layout: Layout) {
        // SAFETY: memory of ours is not at null.
        let object = unsafe { NonNull::new_unchecked(memory) };
        if let Some(size) = size::of(layout) {
            // SAFETY: every object has room for two words.
            if unsafe { object::is_marked(object) } {
                self.check_marked(size, object);
            }
            if let Some(cache) = self.cache() {
                // SAFETY: the thread's own cache, a size of ours, and the caller's object.
                if unsafe { (*cache.as_ptr()).push(size, object) } {
                    return;
                }
            }
            // SAFETY: as the caller promises.
            unsafe { self.dealloc_later(size, object) };
        } else {
            // SAFETY: as the caller promises.
            unsafe { self.dealloc_below(object, layout) };
        }
    }

    /// Makes memory larger or smaller, where it is if that can be.
    ///
    /// # Safety
    /// As for [`GlobalAlloc::realloc`].
    #[inline]
    pub unsafe fn realloc(&'static self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the size is valid with the alignment.
        let new = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        match (size::of(layout), size::of(new)) {
            (Some(old), Some(new)) if old == new => memory,
            (Some(_), Some(_)) => {
                // SAFETY: as the caller promises; both have the bytes that are copied.
                unsafe {
                    let moved = self.alloc(new);
                    if !moved.is_null() {
                        moved.copy_from_nonoverlapping(memory, layout.size().min(new_size));
                        self.dealloc(memory, layout);
                    }
                    moved
                }
            }
            // What is kept was allocated below as well, so it can stay where it is if it changes from one to the other.
            _ => {
                let (old, new) = (size::below(layout), size::below(new).size());
                // SAFETY: allocated with this layout.
                self.or_reclaim(|below| unsafe { below.realloc(memory, old, new) })
            }
        }
    }

    /// What is free and not given back, apart from the caches of threads that run.
    pub fn counts(&self) -> Counts {
        let of_size = |size| self.centre.len(size) * size::batch(size) * size::bytes(size);
        Counts {
            caches: self.caches.load(Ordering::Relaxed),
            pooled: self.pool.len(),
            centre: (1..=SIZES).map(of_size).sum(),
            lost: self.lost.load(Ordering::Relaxed),
        }
    }

    /// The cache of the thread that calls, if it has one: `ThreadCache::none()` once it is to have none.
    #[inline(always)]
    fn cache(&self) -> Option<NonNull<ThreadCache>> {
        let slot = self.below.wait().slot();
        if slot.is_null() {
            return None;
        }
        // SAFETY: the thread's own word.
        NonNull::new(unsafe { *slot })
    }

    /// The cache of the thread that calls, which gets one unless it is to have none.
    fn attached(&'static self) -> Option<NonNull<ThreadCache>> {
        let slot = self.below.wait().slot();
        if slot.is_null() {
            return None;
        }
        match self.cache() {
            Some(none) if none == ThreadCache::none() => None,
            Some(cache) => Some(cache),
            None => {
                let cache = self.pool.take().or_else(|| self.new_cache())?;
                // SAFETY: the thread's own word.
                unsafe { *slot = cache.as_ptr() };
                Some(cache)
            }
        }
    }

    #[cold]
    fn new_cache(&'static self) -> Option<NonNull<ThreadCache>> {
        // SAFETY: the layout has bytes.
        let memory = unsafe { self.below.hold().alloc(Layout::new::<ThreadCache>()) };
        let cache = NonNull::new(memory.cast::<ThreadCache>())?;
        let heap = ptr::from_ref(self).cast();
        let calls = Calls {
            retire: retire::<B, P>,
            counts: counts::<B, P>,
        };
        // SAFETY: new memory of this layout.
        unsafe { cache.write(ThreadCache::new(heap, calls)) };
        self.caches.fetch_add(1, Ordering::Relaxed);
        Some(cache)
    }

    /// An object of this size where the thread's list has none.
    #[cold]
    #[inline(never)]
    fn alloc_later(&'static self, size: usize) -> *mut u8 {
        let size = size.max(1);
        let Some(cache) = self.attached() else {
            return self.alloc_below(size::layout(size));
        };
        // SAFETY: the thread's own, and nobody else in here has a reference to it now.
        let cache = unsafe { &mut *cache.as_ptr() };
        // A new cache may come from another thread.
        // SAFETY: a size of ours.
        let mut object = unsafe { cache.pop(size) };
        if object.is_none() {
            if !cache.use_reserve(size) {
                match self.centre.take(size) {
                    Some(batch) => cache.receive(size, batch),
                    None => self.get(cache, size),
                }
            }
            // SAFETY: a size of ours.
            object = unsafe { cache.pop(size) };
        }
        match object {
            Some(object) => object.as_ptr(),
            None => self.alloc_below(size::layout(size)),
        }
    }

    /// Gets objects from below into an empty list.
    fn get(&self, cache: &mut ThreadCache, size: usize) {
        let below = self.below.hold();
        for _ in 0..cache.wanted(size) {
            // SAFETY: the layout has bytes.
            let Some(object) = NonNull::new(unsafe { below.alloc(size::layout(size)) }) else {
                return;
            };
            // SAFETY: a new object of this size, and the list has room for a batch.
            unsafe { cache.push(size, object) };
        }
    }

    /// Frees an object of this size where the thread's list is full.
    ///
    /// # Safety
    /// The object is the caller's and has this size.
    #[cold]
    #[inline(never)]
    unsafe fn dealloc_later(&'static self, size: usize, object: NonNull<u8>) {
        let size = size.max(1);
        let Some(cache) = self.attached() else {
            // SAFETY: an object of this size has this layout.
            return unsafe { self.dealloc_below(object, size::layout(size)) };
        };
        // SAFETY: the thread's own, and nobody else in here has a reference to it now.
        let cache = unsafe { &mut *cache.as_ptr() };
        // A cache that the thread has only got now has room, as a rule.
        // SAFETY: a size of ours, and the caller's object.
        if unsafe { cache.push(size, object) } {
            return;
        }
        if let Some(batch) = cache.turn(size)
            && let Some(batch) = self.centre.put(size, batch)
        {
            // SAFETY: the centre has given it back.
            unsafe { self.give_back(&self.below.hold(), size, batch.as_ptr()) };
        }
        // SAFETY: as above; the list is empty.
        unsafe { cache.push(size, object) };
    }

    /// Ends the thread if an object that has the mark of a free one is known to be free.
    #[cold]
    #[inline(never)]
    fn check_marked(&self, size: usize, object: NonNull<u8>) {
        if let Some(cache) = self.cache() {
            // SAFETY: the thread's own.
            let is_free = unsafe { (*cache.as_ptr()).has(size, object) };
            if is_free {
                self.below.wait().freed_twice();
            }
        }
    }

    #[inline(never)]
    fn alloc_below(&'static self, layout: Layout) -> *mut u8 {
        // SAFETY: a layout of ours or the caller's, with bytes.
        self.or_reclaim(|below| unsafe { below.alloc(size::below(layout)) })
    }

    /// # Safety
    /// The memory was allocated with this layout, and is the caller's.
    #[inline(never)]
    unsafe fn dealloc_below(&self, memory: NonNull<u8>, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { self.below.hold().dealloc(memory.as_ptr(), size::below(layout)) };
    }

    /// What the allocator below gives, if need be after all that is free was given back to it.
    fn or_reclaim(&'static self, allocate: impl Fn(&B) -> *mut u8) -> *mut u8 {
        let memory = allocate(&self.below.hold());
        if !memory.is_null() {
            return memory;
        }
        self.reclaim();
        allocate(&self.below.hold())
    }

    /// Gives back all that is free and that no other thread has.
    #[cold]
    fn reclaim(&'static self) {
        let below = self.below.hold();
        if let Some(cache) = self.attached_already() {
            // SAFETY: the thread's own.
            self.empty(&below, unsafe { &mut *cache.as_ptr() });
        }
        for size in 1..=SIZES {
            while let Some(batch) = self.centre.take(size) {
                // SAFETY: the centre has given it up.
                unsafe { self.give_back(&below, size, batch.as_ptr()) };
            }
        }
        while let Some(cache) = self.pool.take() {
            // SAFETY: the pool has given it up.
            unsafe { self.drop_cache(&below, cache) };
        }
    }

    /// The cache of the thread that calls, if it has one.
    fn attached_already(&self) -> Option<NonNull<ThreadCache>> {
        self.cache().filter(|cache| *cache != ThreadCache::none())
    }

    /// Gives back all that a cache has.
    fn empty(&self, below: &Held<'_, B, P>, cache: &mut ThreadCache) {
        for size in 1..=SIZES {
            let reserve = cache.take_reserve(size).map_or(ptr::null_mut(), NonNull::as_ptr);
            // SAFETY: the cache has given both up.
            unsafe {
                self.give_back(below, size, reserve);
                self.give_back(below, size, cache.take_list(size));
            }
        }
    }

    /// Gives back all objects of a list.
    ///
    /// # Safety
    /// They have this size, and the list is the caller's.
    #[expect(clippy::unused_self, reason = "says whose objects they are")]
    unsafe fn give_back(&self, below: &Held<'_, B, P>, size: usize, mut list: List) {
        // SAFETY: the caller's list.
        while let Some(object) = unsafe { object::pop(&mut list) } {
            // SAFETY: an object of this size has this layout.
            unsafe { below.dealloc(object.as_ptr(), size::layout(size)) };
        }
    }

    /// Gives a cache back with all that it has.
    ///
    /// # Safety
    /// It is the caller's.
    unsafe fn drop_cache(&self, below: &Held<'_, B, P>, cache: NonNull<ThreadCache>) {
        // SAFETY: the caller's.
        self.empty(below, unsafe { &mut *cache.as_ptr() });
        self.caches.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: allocated with this layout; nothing in it needs to be dropped.
        unsafe { below.dealloc(cache.as_ptr().cast(), Layout::new::<ThreadCache>()) };
    }

    /// Takes the cache of a thread that has ended: what others can use goes to them, the rest to the next thread.
    ///
    /// # Safety
    /// The cache is the caller's.
    unsafe fn take_back(&self, cache: NonNull<ThreadCache>) {
        // SAFETY: the caller's.
        let words = unsafe { &mut *cache.as_ptr() };
        while let Some((size, batch)) = words.take_any_reserve() {
            if let Some(batch) = self.centre.put(size, batch) {
                // SAFETY: the centre has given it back.
                unsafe { self.give_back(&self.below.hold(), size, batch.as_ptr()) };
            }
        }
        if let Some(cache) = self.pool.put(cache) {
            // SAFETY: the pool has given it back.
            unsafe { self.drop_cache(&self.below.hold(), cache) };
        }
    }
}

/// The heap that has made a cache.
///
/// # Safety
/// It is one of this kind.
unsafe fn heap_of<'a, B, P>(cache: NonNull<ThreadCache>) -> &'a Heap<B, P> {
    // SAFETY: a heap that has caches stays where it is.
    unsafe { &*(*cache.as_ptr()).heap().cast() }
}

/// What the heap of a cache keeps.
///
/// # Safety
/// The cache was made by a heap of this kind.
unsafe extern "C" fn counts<B, P>(cache: NonNull<ThreadCache>, counts: &mut Counts)
where
    B: GlobalAlloc + Send,
    P: Platform,
{
    // SAFETY: as the caller promises.
    *counts = unsafe { heap_of::<B, P>(cache) }.counts();
}

/// Learns what has become of a cache's thread.
///
/// # Safety
/// As for [`ThreadCache::retire`]; the cache was made by a heap of this kind.
unsafe extern "C" fn retire<B, P>(cache: NonNull<ThreadCache>, fate: Fate)
where
    B: GlobalAlloc + Send,
    P: Platform,
{
    // SAFETY: as the caller promises.
    let heap = unsafe { heap_of::<B, P>(cache) };
    match fate {
        Fate::Ended => {
            let slot = heap.below.wait().slot();
            if !slot.is_null() {
                // SAFETY: the thread's own word.
                unsafe { *slot = ThreadCache::none().as_ptr() };
            }
            // SAFETY: the thread has let go of it.
            unsafe { heap.take_back(cache) };
        }
        Fate::Died => {
            // SAFETY: nobody uses it any more.
            let total = unsafe { (*cache.as_ptr()).total() };
            heap.lost.fetch_add(total, Ordering::Relaxed);
        }
    }
}

const _: () = assert!(mem::size_of::<Object>() <= size::bytes(1));

#[cfg(all(test, not(loom)))]
impl Heap<super::tests::below::Below, super::tests::Here> {
    /// The bytes that the allocator below has given.
    pub(super) fn below_bytes(&self) -> usize {
        self.below.hold().books.bytes()
    }

    /// Gives back all that is free, as when memory is short.
    pub(super) fn give_all_back(&'static self) {
        self.reclaim();
    }
}
