//! A free object: memory that is in a list, and says so.

use core::ptr::{self, NonNull};

/// What stands in a free object. The smallest size has room for it.
#[repr(C)]
pub(super) struct Object {
    next: *mut Object,
    mark: usize,
}

/// What free objects are marked with, together with their address, so that a copy of one is none.
const MARK: usize = 0x5f72_6565;

/// A list of free objects: the first one, or null.
pub(super) type List = *mut Object;

/// Puts an object in front of a list.
///
/// # Safety
/// The object is as large as two words and aligned for them, and the caller's. From now on it is the list's.
#[inline(always)]
pub(super) unsafe fn push(list: &mut List, object: NonNull<u8>) {
    let object = object.cast::<Object>().as_ptr();
    // SAFETY: the caller's memory.
    unsafe {
        (*object).next = *list;
        (*object).mark = mark(object);
    }
    *list = object;
}

/// Takes the first object off a list.
///
/// # Safety
/// All objects of the list are in no other.
#[inline(always)]
pub(super) unsafe fn pop(list: &mut List) -> Option<NonNull<u8>> {
    let first = NonNull::new(*list)?;
    // SAFETY: what is in a list has been pushed, and is the list's.
    unsafe {
        *list = (*first.as_ptr()).next;
        // Most programs don't write there before they free: the mark would look as if it was free by then.
        (*first.as_ptr()).mark = 0;
    }
    Some(first.cast())
}

/// Whether the memory has the mark of a free object.
///
/// # Safety
/// It is as large as two words and aligned for them.
#[inline(always)]
pub(super) unsafe fn is_marked(object: NonNull<u8>) -> bool {
    let object = object.cast::<Object>().as_ptr();
    // Volatile: what stands in memory that somebody frees may never have been written.
    // SAFETY: as the caller promises.
    unsafe { (&raw const (*object).mark).read_volatile() == mark(object) }
}

/// Whether the list has this object.
///
/// # Safety
/// As for `pop`.
pub(super) unsafe fn has(list: List, object: NonNull<u8>) -> bool {
    let mut next = list;
    while !next.is_null() {
        if ptr::addr_eq(next, object.as_ptr()) {
            return true;
        }
        // SAFETY: it is in the list.
        next = unsafe { (*next).next };
    }
    false
}

fn mark(object: *mut Object) -> usize {
    object.addr() ^ MARK
}
