//! What one thread keeps: a list of free objects for each size, and a batch in reserve.

use core::cell::UnsafeCell;
use core::ptr::{self, NonNull};

use super::object::{self, List};
use super::size::{self, SIZES};

/// What has become of the thread of a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Fate {
    /// It has run all code of the program that it had, and is the one that calls.
    Ended = 0,
    /// It died in the middle of things.
    Died = 1,
}

/// How much memory is free and not given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
#[repr(C)]
pub struct Counts {
    /// Caches that exist, of threads that run, died or have ended.
    pub caches: usize,
    /// Caches of ended threads, kept for the next ones.
    pub pooled: usize,
    /// Bytes that are on the way from thread to thread.
    pub centre: usize,
    /// Bytes that were in the caches of threads that have died, as far as others have learned of it.
    pub lost: usize,
}

/// Free objects of one size.
#[repr(C)]
pub(super) struct Kept {
    list: List,
    /// How many more the list takes until it is a batch.
    room: u32,
    /// A batch, or null.
    reserve: List,
    /// How many objects to get from below when there are none.
    wanted: u32,
}

impl Kept {
    const NOTHING: Kept = Kept {
        list: ptr::null_mut(),
        room: 0,
        reserve: ptr::null_mut(),
        wanted: 0,
    };
}

/// What others ask of a cache: its allocator may be another copy of this code.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Calls {
    pub(super) retire: unsafe extern "C" fn(NonNull<ThreadCache>, Fate),
    pub(super) counts: unsafe extern "C" fn(NonNull<ThreadCache>, &mut Counts),
}

/// The cache of a thread. It is the allocator's; others know what stands first.
#[repr(C)]
pub struct ThreadCache {
    calls: Calls,
    heap: *const (),
    /// Which sizes have a reserve, a bit for each: a thread that ends has few, and need not look for them.
    reserves: u64,
    /// The first is none: whatever comes with a size of 0 finds it empty and without room.
    kept: [Kept; SIZES + 1],
}

/// A cache in which nothing is and that has no room, to stand where a thread is to have none any more.
struct Nothing(UnsafeCell<ThreadCache>);

// SAFETY: nobody writes to it: to take something fails, as does to put something there.
unsafe impl Sync for Nothing {}

static NONE: Nothing = Nothing(UnsafeCell::new(ThreadCache {
    calls: Calls {
        retire: ignore,
        counts: count_nothing,
    },
    heap: ptr::null(),
    reserves: 0,
    kept: [Kept::NOTHING; SIZES + 1],
}));

unsafe extern "C" fn ignore(_cache: NonNull<ThreadCache>, _fate: Fate) {}

unsafe extern "C" fn count_nothing(_cache: NonNull<ThreadCache>, _counts: &mut Counts) {}

const _: () = assert!(SIZES <= u64::BITS as usize);

/// The bit of a size.
fn bit(size: usize) -> u64 {
    1 << (size - 1)
}

impl ThreadCache {
    /// An empty cache of a heap.
    pub(super) fn new(heap: *const (), calls: Calls) -> Self {
        let mut kept = [Kept::NOTHING; SIZES + 1];
        for (size, kept) in kept.iter_mut().enumerate().skip(1) {
            kept.room = size::batch(size) as u32;
            kept.wanted = 1;
        }
        Self {
            calls,
            heap,
            reserves: 0,
            kept,
        }
    }

    /// The cache of all who have none any more.
    pub(super) fn none() -> NonNull<Self> {
        // SAFETY: the address of a static.
        unsafe { NonNull::new_unchecked(NONE.0.get()) }
    }

    /// The heap that it was made for.
    pub(super) fn heap(&self) -> *const () {
        self.heap
    }

    /// Tells the allocator what has become of the cache's thread.
    ///
    /// # Safety
    /// The cache is the one of a thread that has this fate. It is told of once, and nobody uses the cache at the same time.
    pub unsafe fn retire(cache: NonNull<Self>, fate: Fate) {
        // SAFETY: a cache that a thread has is alive.
        let calls = unsafe { (*cache.as_ptr()).calls };
        // SAFETY: as the caller promises.
        unsafe { (calls.retire)(cache, fate) };
    }

    /// What the allocator of the cache keeps.
    ///
    /// # Safety
    /// It is the cache of the thread that calls.
    pub unsafe fn counts(cache: NonNull<Self>) -> Counts {
        let mut counts = Counts::default();
        // SAFETY: a cache that a thread has is alive.
        let calls = unsafe { (*cache.as_ptr()).calls };
        // SAFETY: as the caller promises.
        unsafe { (calls.counts)(cache, &mut counts) };
        counts
    }

    /// A free object of this size, if there is one at hand.
    ///
    /// # Safety
    /// The size is at most `SIZES`.
    #[inline(always)]
    pub(super) unsafe fn pop(&mut self, size: usize) -> Option<NonNull<u8>> {
        // SAFETY: as the caller promises.
        let kept = unsafe { self.kept.get_unchecked_mut(size) };
        // SAFETY: what is in the list is in no other.
        let object = unsafe { object::pop(&mut kept.list) }?;
        kept.room += 1;
        Some(object)
    }

    /// Keeps a free object of this size; false if the list is a batch.
    ///
    /// # Safety
    /// As for `pop`; the object has this size and is the caller's.
    #[inline(always)]
    pub(super) unsafe fn push(&mut self, size: usize, object: NonNull<u8>) -> bool {
        // SAFETY: as the caller promises.
        let kept = unsafe { self.kept.get_unchecked_mut(size) };
        if kept.room == 0 {
            return false;
        }
        kept.room -= 1;
        // SAFETY: the caller's object.
        unsafe { object::push(&mut kept.list, object) };
        true
    }

    /// Whether an object of this size is free already, as far as this thread knows.
    #[cold]
    pub(super) fn has(&self, size: usize, object: NonNull<u8>) -> bool {
        let kept = &self.kept[size];
        // SAFETY: what is in a list is in no other.
        unsafe { object::has(kept.list, object) || object::has(kept.reserve, object) }
    }

    /// Makes the reserve the list, which is empty; false if there is no reserve.
    pub(super) fn use_reserve(&mut self, size: usize) -> bool {
        match self.take_reserve(size) {
            Some(batch) => {
                self.receive(size, batch);
                true
            }
            None => false,
        }
    }

    /// Makes a batch the list, which is empty.
    pub(super) fn receive(&mut self, size: usize, batch: NonNull<object::Object>) {
        let kept = &mut self.kept[size];
        kept.list = batch.as_ptr();
        kept.room = 0;
    }

    /// Makes the list, which is a batch, the reserve. The reserve that was there is the caller's.
    pub(super) fn turn(&mut self, size: usize) -> Option<NonNull<object::Object>> {
        let before = self.take_reserve(size);
        let kept = &mut self.kept[size];
        if !kept.list.is_null() {
            self.reserves |= bit(size);
        }
        kept.reserve = kept.list;
        kept.list = ptr::null_mut();
        kept.room = size::batch(size) as u32;
        before
    }

    /// The reserve, if there is one. It is the caller's.
    pub(super) fn take_reserve(&mut self, size: usize) -> Option<NonNull<object::Object>> {
        let kept = &mut self.kept[size];
        let reserve = NonNull::new(core::mem::replace(&mut kept.reserve, ptr::null_mut()));
        if reserve.is_some() {
            self.reserves &= !bit(size);
        }
        reserve
    }

    /// A reserve of any size, and which size that is, if there is one. It is the caller's.
    pub(super) fn take_any_reserve(&mut self) -> Option<(usize, NonNull<object::Object>)> {
        if self.reserves == 0 {
            return None;
        }
        let size = self.reserves.trailing_zeros() as usize + 1;
        self.take_reserve(size).map(|batch| (size, batch))
    }

    /// What is in the list, which is no batch. It is the caller's.
    pub(super) fn take_list(&mut self, size: usize) -> List {
        let kept = &mut self.kept[size];
        kept.room = size::batch(size) as u32;
        core::mem::replace(&mut kept.list, ptr::null_mut())
    }

    /// How many objects to get from below, where there are none: one at first, and twice as many each time, for who needs
    /// few of a size should not keep many.
    pub(super) fn wanted(&mut self, size: usize) -> usize {
        let kept = &mut self.kept[size];
        let wanted = kept.wanted as usize;
        kept.wanted = (wanted * 2).min(size::batch(size)) as u32;
        wanted
    }

    /// The bytes of all that is here.
    pub(super) fn total(&self) -> usize {
        let mut total = 0;
        for (size, kept) in self.kept.iter().enumerate().skip(1) {
            let batch = size::batch(size);
            let reserve = if kept.reserve.is_null() { 0 } else { batch };
            total += (batch - (kept.room as usize).min(batch) + reserve) * size::bytes(size);
        }
        total
    }
}
