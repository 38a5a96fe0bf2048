//! With the feature `tracing`: a list of the last ones.

use core::mem::offset_of;
use core::sync::atomic::AtomicU32;

use crate::plain::Plain;
use threadlink_abi::layout::block as layout;

const KEPT: usize = layout::ENDED_KEPT as usize;

/// The words: `ENDED` and `ENDED_LIST` of `threadlink_abi::layout::block`. They go on from one thread of the block to the
/// next.
#[repr(C)]
pub(in crate::wasm) struct Ended {
    count: Plain<u32>,
    list: [[Plain<u32>; 2]; KEPT],
}

const _: () = {
    assert!(offset_of!(Ended, list) as u32 == layout::ENDED_LIST - layout::ENDED);
    assert!(size_of::<Ended>() as u32 == layout::ROOM - layout::ENDED);
    assert!(size_of::<Room>() as u32 == layout::TRACED_SIZE - layout::ROOM);
};

impl Ended {
    pub(in crate::wasm) const fn new() -> Self {
        Self {
            count: Plain::new(0),
            list: [const { [Plain::new(0), Plain::new(0)] }; KEPT],
        }
    }

    /// Adds one; whether the list is full of what the host may not have seen. Called on the thread whose block it is in.
    pub(in crate::wasm) fn add(&self, address: usize, instance: u32) -> bool {
        // SAFETY: while the thread runs, the words are its own, as those that say what it is about to do.
        let count = unsafe { self.count.get() };
        let [at, number] = &self.list[count as usize % KEPT];
        let next = count.wrapping_add(1);
        // SAFETY: as above.
        unsafe {
            at.set(address as u32);
            number.set(instance);
            self.count.set(next);
        }
        next as usize % KEPT == 0
    }
}

/// Words for hosts, which the guest leaves alone.
#[repr(C)]
pub(in crate::wasm) struct Room {
    _words: [AtomicU32; layout::ROOM_SIZE as usize / 4],
}

impl Room {
    pub(in crate::wasm) const fn new() -> Self {
        Self {
            _words: [const { AtomicU32::new(0) }; layout::ROOM_SIZE as usize / 4],
        }
    }
}
