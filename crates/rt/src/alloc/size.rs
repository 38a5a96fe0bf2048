//! The sizes of which free objects are kept, and how many of each.

use core::alloc::Layout;

/// The largest size that threads keep, in bytes.
pub const LARGEST: usize = 1024;
/// What sizes are rounded up to.
const STEP: usize = 16;
/// How many sizes there are. They are counted from 1.
pub(super) const SIZES: usize = LARGEST / STEP;
/// The alignment that all objects have, and the most that one can ask for and be kept.
const ALIGN: usize = 8;

/// Bytes of a batch, at most. More would be kept for little: the way to the centre costs less than freeing this many.
const BATCH: usize = 4096;
/// Objects of a batch, at most.
const MOST: usize = 64;

/// How many batches of one size the centre keeps.
pub(super) const CENTRE: usize = 8;
/// How many caches of ended threads are kept.
pub(super) const POOL: usize = 4;

/// What is kept at most of what is free, in bytes.
///
/// ```
/// use threadlink_rt::alloc::Bounds;
///
/// assert!(Bounds::thread() <= 512 << 10);
/// assert!(Bounds::centre() <= 2 << 20);
/// assert!(Bounds::pool() <= 1 << 20);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Bounds;

impl Bounds {
    /// By one thread.
    #[must_use]
    pub const fn thread() -> usize {
        2 * of_each(1)
    }

    /// On the way from thread to thread.
    #[must_use]
    pub const fn centre() -> usize {
        of_each(CENTRE)
    }

    /// In the caches of ended threads.
    #[must_use]
    pub const fn pool() -> usize {
        of_each(POOL)
    }
}

/// The bytes of this many batches of each size.
const fn of_each(batches: usize) -> usize {
    let (mut size, mut total) = (1, 0);
    while size <= SIZES {
        total += batches * batch(size) * bytes(size);
        size += 1;
    }
    total
}

/// Which size objects have that are allocated with this layout, counted from 1; None if it is not one that is kept. It is 0
/// for a layout without bytes, with which nobody should come.
#[inline(always)]
pub(super) const fn of(layout: Layout) -> Option<usize> {
    if layout.size() <= LARGEST && layout.align() <= ALIGN {
        Some(layout.size().div_ceil(STEP))
    } else {
        None
    }
}

/// The bytes of an object of this size.
pub(super) const fn bytes(size: usize) -> usize {
    size * STEP
}

/// How many objects of this size make a batch.
pub(super) const fn batch(size: usize) -> usize {
    let fit = BATCH / bytes(size);
    if fit < MOST { fit } else { MOST }
}

/// What the allocator below is asked for where this is wanted. Both allocations and frees go through this, so that they agree.
pub(super) const fn below(layout: Layout) -> Layout {
    let bytes = match of(layout) {
        Some(0) => bytes(1),
        Some(size) => bytes(size),
        None => layout.size(),
    };
    let align = if layout.align() < ALIGN {
        ALIGN
    } else {
        layout.align()
    };
    // SAFETY: a power of two, and a size that is one of ours or that was valid with the alignment asked for, which differs
    // from this one only if both are 8 at most; then it can be too large by less than 8 bytes, which no memory has.
    unsafe { Layout::from_size_align_unchecked(bytes, align) }
}

/// The layout of objects of this size.
pub(super) const fn layout(size: usize) -> Layout {
    // SAFETY: a small size, and a power of two.
    unsafe { Layout::from_size_align_unchecked(bytes(size), ALIGN) }
}
