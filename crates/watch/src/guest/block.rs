//! The control block of a guest thread: its name, its last panic, its guard zone, and what it is about to do.

use threadlink_abi::errno;
use threadlink_abi::layout::block as word;

use super::memory::GuestMemory;

/// The largest guard zone that is checked; the runtime's has a few KiB.
const LARGEST_GUARD: u32 = 1 << 20;

/// A control block whose words all lie inside the memory and whose magic number is right.
///
/// Where the guard zone and the stack are, and whether the thread is a scoped one, is remembered from the start of the
/// thread: an overflow writes over the block itself next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block {
    address: u32,
    guard: u32,
    stack_low: u32,
    stack_top: u32,
    flags: u32,
}

impl Block {
    /// Checks that a control block is at `address`.
    pub(crate) fn at(memory: &GuestMemory, address: u32) -> Option<Self> {
        let word = |offset: u32| memory.load(address.checked_add(offset)?);
        word(word::SIZE - 4)?;
        if word(word::MAGIC)? != word::MAGIC_VALUE {
            return None;
        }
        Some(Self {
            address,
            guard: word(word::GUARD)?,
            stack_low: word(word::STACK_LOW)?,
            stack_top: word(word::STACK_TOP)?,
            flags: word(word::FLAGS)?,
        })
    }

    /// The number of the error that the program ends with if this thread dies now without returning, if it has to.
    pub(crate) fn deadly(self, memory: &GuestMemory) -> Option<i32> {
        if self.flags & word::FLAG_SCOPED != 0 {
            Some(errno::SCOPED_THREAD_DIED)
        } else if self.word(memory, word::FLAGS) & word::FLAG_DESTRUCTORS != 0 {
            Some(errno::DESTRUCTOR_FAILED)
        } else {
            None
        }
    }

    pub(crate) fn address(self) -> u32 {
        self.address
    }

    /// One word; 0 where it cannot be read, which `at` has ruled out.
    pub(crate) fn word(self, memory: &GuestMemory, offset: u32) -> u32 {
        memory.load(self.address + offset).unwrap_or(0)
    }

    pub(crate) fn name(self, memory: &GuestMemory) -> Option<String> {
        memory.read_string(self.word(memory, word::NAME), self.word(memory, word::NAME_LEN))
    }

    pub(crate) fn panic_message(self, memory: &GuestMemory) -> Option<String> {
        memory.read_string(self.word(memory, word::PANIC), self.word(memory, word::PANIC_LEN))
    }

    /// Whether the guard zone was overwritten. A thread without one (main) has none to damage.
    pub(crate) fn guard_damaged(self, memory: &GuestMemory) -> bool {
        if self.guard == 0 || self.stack_low.saturating_sub(self.guard) > LARGEST_GUARD {
            return false;
        }
        memory.all_equal(self.guard, self.stack_low, word::GUARD_BYTE) == Some(false)
    }

    /// Bytes of stack that the thread was given; `None` for the main thread.
    pub(crate) fn stack_size(self) -> Option<u32> {
        let size = self.stack_top.checked_sub(self.stack_low)?;
        (self.stack_low != 0).then_some(size)
    }
}
