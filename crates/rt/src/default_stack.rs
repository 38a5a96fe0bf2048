//! How much stack a thread gets that asks for nothing: `#[threadlink::main(stack_size = bytes)]`.

use core::sync::atomic::{AtomicUsize, Ordering};

/// Bytes; 0 is the platform's default.
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// Sets it. Whatever thread sees it by chance only, in the middle of a spawn, may use either size.
///
/// ```
/// threadlink_rt::default_stack::set(1 << 20);
/// assert_eq!(threadlink_rt::default_stack::get(), Some(1 << 20));
/// ```
pub fn set(bytes: usize) {
    BYTES.store(bytes, Ordering::Relaxed);
}

/// What the program asked for, if it did.
///
/// ```
/// assert_eq!(threadlink_rt::default_stack::get(), None);
/// ```
#[must_use]
pub fn get() -> Option<usize> {
    Some(BYTES.load(Ordering::Relaxed)).filter(|&bytes| bytes != 0)
}
