//! With the feature `tracing`: a list of the last ones.

use core::mem::offset_of;
use core::sync::atomic::{AtomicU32, Ordering};

use threadlink_abi::layout::block as layout;

const KEPT: usize = layout::ENDED_KEPT as usize;

/// The words: `ENDED` and `ENDED_LIST` of `threadlink_abi::layout::block`. They go on from one thread of the block to the
/// next.
#[repr(C)]
pub(in crate::wasm) struct Ended {
    count: AtomicU32,
    list: [[AtomicU32; 2]; KEPT],
}

const _: () = {
    assert!(offset_of!(Ended, list) as u32 == layout::ENDED_LIST - layout::ENDED);
    assert!(size_of::<Ended>() as u32 == layout::TRACED_SIZE - layout::ENDED);
};

impl Ended {
    pub(in crate::wasm) const fn new() -> Self {
        Self {
            count: AtomicU32::new(0),
            list: [const { [AtomicU32::new(0), AtomicU32::new(0)] }; KEPT],
        }
    }

    /// Adds one; whether the list is full of what the host may not have seen.
    pub(in crate::wasm) fn add(&self, address: usize, instance: u32) -> bool {
        // One thread writes; those that we did not start share the main thread's block, and may then lose one.
        let count = self.count.load(Ordering::Relaxed);
        let [at, number] = &self.list[count as usize % KEPT];
        at.store(address as u32, Ordering::Relaxed);
        number.store(instance, Ordering::Relaxed);
        let count = count.wrapping_add(1);
        self.count.store(count, Ordering::Relaxed);
        count as usize % KEPT == 0
    }
}
