//! Blocks of memory for threads: one allocation with all that a thread needs, made once and used again.
//!
//! From low to high addresses:
//!
//! | control block | TLS area | guard zone | stack |
//! |---|---|---|---|
//! | what the host reads, and ours | `__tls_size` bytes | a known pattern | grows down, towards the guard |
//!
//! A stack that overflows runs into the guard first, whose pattern is checked when the thread ends and when it is
//! joined. That is best effort: a big frame can step over it.

use core::alloc::Layout;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::block::ControlBlock;
use super::{heap, imports, tls};
use crate::cache::Cache;
use crate::shape::{self, DEFAULT_STACK, GUARD_SIZE, Shape};
use threadlink_abi::errno;
use threadlink_abi::layout::block::{GUARD_BYTE, MAGIC_VALUE};

/// How many blocks with the default stack are kept for the next threads. Each is a little more than 512 KiB unless
/// the program says otherwise, of which the host's system backs with real memory only what was used.
const CACHE_SIZE: usize = 16;

/// Blocks that exist.
static BLOCKS: AtomicUsize = AtomicUsize::new(0);
/// Blocks that nobody may ever touch again.
static LEAKED: AtomicUsize = AtomicUsize::new(0);
/// Blocks that wait for a thread.
static CACHE: Cache<ControlBlock, CACHE_SIZE> = Cache::new();

/// A block that the owner of this value owns: no thread runs on it.
pub(super) struct OwnedBlock(NonNull<ControlBlock>);

// SAFETY: it is memory and nothing else; no thread runs on it.
unsafe impl Send for OwnedBlock {}

/// The size of which blocks are kept: that of most threads.
fn default_stack() -> usize {
    // A size too big to be rounded is one that no block has.
    shape::stack_size(None).unwrap_or(DEFAULT_STACK)
}

/// The shape of a block with a stack of this size.
fn shape_of(stack_size: usize) -> Option<Shape> {
    Shape::new(Layout::new::<ControlBlock>(), tls::layout()?, stack_size)
}

impl OwnedBlock {
    /// A block from the cache or a new one; None if there is no memory for it. `own_tls` is whether its thread may use
    /// the block's TLS area, which another thread may have used.
    pub(super) fn obtain(stack_size: Option<usize>, own_tls: bool) -> Option<Self> {
        let stack_size = shape::stack_size(stack_size)?;
        let cached = if stack_size == default_stack() {
            Self::cached(stack_size)
        } else {
            None
        };
        let block = match cached {
            Some(block) => block,
            None => Self::allocate(stack_size)?,
        };
        if !block.prepare_tls(own_tls && tls::are_reusable()) {
            block.recycle();
            return None;
        }
        Some(block)
    }

    /// A block from the cache, if one was kept with a stack of this size.
    fn cached(stack_size: usize) -> Option<Self> {
        let block = Self(CACHE.take()?);
        let has = block.get().stack_size.load(Ordering::Relaxed) as usize;
        if has == stack_size {
            return Some(block);
        }
        // It was kept when the default was another one.
        block.free(has);
        None
    }

    /// Fills the cache, once. A program that detaches threads doesn't see their last steps: how many of them
    /// overlap with their successors, and so how many blocks exist at once, is up to chance. With these blocks in
    /// reserve its memory doesn't depend on that.
    pub(super) fn reserve() {
        static RESERVED: AtomicBool = AtomicBool::new(false);
        if RESERVED.load(Ordering::Relaxed) || RESERVED.swap(true, Ordering::Relaxed) {
            return;
        }
        let stack_size = default_stack();
        while BLOCKS.load(Ordering::Relaxed) < CACHE_SIZE {
            let Some(block) = Self::allocate(stack_size) else {
                return;
            };
            if let Some(block) = block.keep() {
                block.free(stack_size);
                return;
            }
        }
    }

    /// Puts the block into the cache, or gives it back if there is no room.
    fn keep(self) -> Option<Self> {
        CACHE.put(self.0).map(Self)
    }

    fn allocate(stack_size: usize) -> Option<Self> {
        let shape = shape_of(stack_size)?;
        let start = heap::allocate(shape.layout)?;
        let address = start.as_ptr().expose_provenance();
        let block = start.cast::<ControlBlock>();
        // SAFETY: the allocation is new, big enough for all parts and aligned for the control block.
        unsafe {
            start.add(shape.guard).write_bytes(GUARD_BYTE, GUARD_SIZE);
            block.write(ControlBlock::new());
        }
        let owned = Self(block);
        let words = owned.get();
        words.stack_size.store(stack_size as u32, Ordering::Relaxed);
        words.tls.store((address + shape.tls) as u32, Ordering::Relaxed);
        words
            .guard
            .store((address + shape.guard) as u32, Ordering::Relaxed);
        words
            .stack_low
            .store((address + shape.stack) as u32, Ordering::Relaxed);
        words
            .stack_top
            .store((address + shape.stack + stack_size) as u32, Ordering::Relaxed);
        BLOCKS.fetch_add(1, Ordering::Relaxed);
        Some(owned)
    }

    pub(super) fn get(&self) -> &ControlBlock {
        // SAFETY: the block lives for as long as it is owned.
        unsafe { self.0.as_ref() }
    }

    /// Gives the block to a thread; what is left is its address.
    pub(super) fn into_raw(self) -> NonNull<ControlBlock> {
        self.0
    }

    /// Takes a block back.
    ///
    /// # Safety
    /// `block` comes from `into_raw`, and no thread runs on it any more: its thread was joined with success, or
    /// was never started.
    pub(super) unsafe fn from_raw(block: NonNull<ControlBlock>) -> Self {
        Self(block)
    }

    /// Takes back the block of a thread that was joined with success, for other threads. Ends the program if it is not as
    /// it was made.
    ///
    /// # Safety
    /// `thread_join` returned 0 for the block's thread, and the caller is the only one who still knows the block.
    pub(super) unsafe fn take_back(block: NonNull<ControlBlock>) {
        // SAFETY: the block is alive until it is recycled below.
        if !is_intact(unsafe { block.as_ref() }) {
            imports::panic(errno::STACK_GUARD_DAMAGED);
        }
        // SAFETY: the thread has left, as the caller promised.
        unsafe { Self::from_raw(block) }.recycle();
    }

    /// Keeps the block for another thread, or frees it.
    pub(super) fn recycle(self) {
        // SAFETY: the block is owned.
        unsafe { self.get().unload() };
        let own_tls = self.get().foreign_tls.load(Ordering::Relaxed) == 0;
        if own_tls && !tls::are_reusable() {
            // Something may still point into the TLS area, which is part of the block. Later blocks get an area
            // of their own, so this happens to the first few only.
            self.leak();
            return;
        }
        let stack_size = self.get().stack_size.load(Ordering::Relaxed) as usize;
        let rest = if stack_size == default_stack() {
            self.keep()
        } else {
            Some(self)
        };
        if let Some(block) = rest {
            block.free(stack_size);
        }
    }

    /// Gives the block up without ever touching it again.
    pub(super) fn leak(self) {
        count_leak();
    }

    fn free(self, stack_size: usize) {
        let Some(shape) = shape_of(stack_size) else {
            // The block was allocated with this shape.
            unreachable!("a block of {stack_size} bytes of stack exists");
        };
        BLOCKS.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: allocated with this layout, for the stack size is the one it was allocated with; owned, so
        // nobody uses it. A control block that was unloaded owns nothing.
        unsafe { heap::free(self.0.cast(), shape.layout) };
    }

    /// Makes a TLS area ready for the next thread, the block's own or a new one; false if there is no memory for one.
    fn prepare_tls(&self, own: bool) -> bool {
        let size = tls::size();
        let words = self.get();
        if !own {
            let Some(area) = tls::layout().and_then(heap::allocate) else {
                return false;
            };
            words
                .tls
                .store(area.as_ptr().expose_provenance() as u32, Ordering::Relaxed);
        }
        words.foreign_tls.store(u32::from(!own), Ordering::Relaxed);
        let area: *mut u8 = ptr::with_exposed_provenance_mut(words.tls.load(Ordering::Relaxed) as usize);
        // `__wasm_init_tls` copies the initial values; zeros are what it may leave out.
        // SAFETY: the area has this size, and belongs to this block, which is owned.
        unsafe { area.write_bytes(0, size) };
        true
    }
}

/// Counts a block that nobody may touch again.
pub(super) fn count_leak() {
    LEAKED.fetch_add(1, Ordering::Relaxed);
}

/// How much memory the threads of the program have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Blocks (a stack, a TLS area and a control block each) that exist, in use or kept for reuse.
    pub blocks: usize,
    /// Blocks that nobody may touch again: their thread died, or may run although the host said that it could not be
    /// started.
    pub leaked: usize,
    /// Blocks that are kept for the next threads.
    pub cached: usize,
}

/// Counts the blocks of the program.
#[must_use]
pub fn counts() -> Counts {
    Counts {
        blocks: BLOCKS.load(Ordering::Relaxed),
        leaked: LEAKED.load(Ordering::Relaxed),
        cached: CACHE.len(),
    }
}

/// Whether the pattern below the stack, and the block itself, are as they were made.
pub(super) fn is_intact(block: &ControlBlock) -> bool {
    if block.magic.load(Ordering::Relaxed) != MAGIC_VALUE {
        return false;
    }
    let guard = block.guard.load(Ordering::Relaxed) as usize;
    let stack_low = block.stack_low.load(Ordering::Relaxed) as usize;
    // Both words lie below the guard: an overflow that went so far has changed them.
    if guard.checked_add(GUARD_SIZE) != Some(stack_low) || guard < ptr::from_ref(block).addr() {
        return false;
    }
    if !guard.is_multiple_of(align_of::<u64>()) {
        return false;
    }
    let pattern = u64::from_ne_bytes([GUARD_BYTE; 8]);
    // All of it is nearly always intact, so nothing is asked on the way: this is a part of what each thread costs.
    let differing = (0..GUARD_SIZE / 8).fold(0, |differing, word| {
        // Volatile: to the compiler, no one has written there since the block was made.
        // SAFETY: the zone lies inside the block's allocation, after the control block, and is aligned, as just checked.
        let found = unsafe { ptr::with_exposed_provenance::<u64>(guard + word * 8).read_volatile() };
        differing | (found ^ pattern)
    });
    differing == 0
}
