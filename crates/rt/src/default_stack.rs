//! How much stack a thread gets that asks for nothing: what `#[threadlink::main(stack_size = bytes)]` says, or the variable
//! `RUST_MIN_STACK` of whoever runs the program, if that is more.

use core::hint;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// Bytes; 0 is the platform's default.
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// What the variable says, in bytes, or 0: the host of a guest writes it, and nobody else.
pub(crate) static FROM_HOST: AtomicU32 = AtomicU32::new(0);

/// Sets it. Whatever thread sees it by chance only, in the middle of a spawn, may use either size.
///
/// ```
/// threadlink_rt::default_stack::set(1 << 20);
/// assert_eq!(threadlink_rt::default_stack::get(), Some(1 << 20));
/// ```
pub fn set(bytes: usize) {
    BYTES.store(bytes, Ordering::Relaxed);
}

/// What was asked for, if anything was.
///
/// ```
/// assert_eq!(threadlink_rt::default_stack::get(), None);
/// ```
#[must_use]
pub fn get() -> Option<usize> {
    // The optimiser must not conclude that nobody ever writes there.
    let from_host = hint::black_box(&FROM_HOST).load(Ordering::Relaxed) as usize;
    Some(BYTES.load(Ordering::Relaxed).max(from_host)).filter(|&bytes| bytes != 0)
}
