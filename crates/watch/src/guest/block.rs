//! The control block of a guest thread: its name, its last panic, its guard zone, and what it is about to do.

use threadlink_abi::errno;
use threadlink_abi::layout::block as word;

use crate::memory::Memory;

/// The largest guard zone that is checked; the runtime's has a few KiB.
const LARGEST_GUARD: u32 = 1 << 20;

/// A control block whose words all lie inside the memory and whose magic number is right.
///
/// A control block is at the `start_routine` of a thread, and for the main thread where the descriptor says.
///
/// Where the guard zone and the stack are, and whether the thread is a scoped one, is remembered from the start of the
/// thread: an overflow writes over the block itself next.
///
/// ```
/// use threadlink_watch::Memory;
/// use threadlink_watch::guest::block::Block;
///
/// /// The name that a thread was given, for a host that knows its `start_routine`.
/// fn name(memory: &impl Memory, start_routine: u32) -> Option<String> {
///     Block::at(memory, start_routine)?.name(memory)
/// }
/// # struct N;
/// # impl Memory for N {
/// #     fn load(&self, _: u32) -> Option<u32> { None }
/// #     fn read(&self, _: u32, _: u32) -> Option<Vec<u8>> { None }
/// # }
/// assert_eq!(name(&N, 0x1000), None);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Block {
    address: u32,
    guard: u32,
    stack_low: u32,
    stack_top: u32,
    flags: u32,
}

impl Block {
    /// Checks that a control block is at `address`.
    #[must_use]
    pub fn at(memory: &impl Memory, address: u32) -> Option<Self> {
        let word = |offset: u32| memory.load(address.checked_add(offset)?);
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
    #[must_use]
    pub fn deadly(self, memory: &impl Memory) -> Option<i32> {
        if self.flags & word::FLAG_SCOPED != 0 {
            Some(errno::SCOPED_THREAD_DIED)
        } else if self.word(memory, word::FLAGS) & word::FLAG_DESTRUCTORS != 0 {
            Some(errno::DESTRUCTOR_FAILED)
        } else {
            None
        }
    }

    /// Its address, which is also what the holder word of a lock says of this thread.
    #[inline]
    #[must_use]
    pub fn address(self) -> u32 {
        self.address
    }

    /// One word; 0 where it cannot be read, which `at` has ruled out for those of the first version.
    #[inline]
    #[must_use]
    pub fn word(self, memory: &impl Memory, offset: u32) -> u32 {
        memory.load(self.address.wrapping_add(offset)).unwrap_or(0)
    }

    /// The thread's name, if it has one.
    #[must_use]
    pub fn name(self, memory: &impl Memory) -> Option<String> {
        memory.read_name(self.word(memory, word::NAME), self.word(memory, word::NAME_LEN))
    }

    /// The message of the thread's last panic.
    #[must_use]
    pub fn panic_message(self, memory: &impl Memory) -> Option<String> {
        memory.read_string(self.word(memory, word::PANIC), self.word(memory, word::PANIC_LEN))
    }

    /// Whether the program has printed that message itself.
    #[must_use]
    pub fn panic_was_said(self, memory: &impl Memory) -> bool {
        self.word(memory, word::FLAGS) & word::FLAG_SAID != 0
    }

    /// Bytes of the allocation that the thread has trapped for want of, if it has.
    #[must_use]
    pub fn missed_allocation(self, memory: &impl Memory) -> Option<u32> {
        let missed = self.word(memory, word::FLAGS) & word::FLAG_NO_MEMORY != 0;
        missed.then(|| self.word(memory, word::ALLOCATION))
    }

    /// Whether this stack pointer is none of the thread's stack: code has gone below it. `false` where the stack is not
    /// known, as the main thread's.
    #[must_use]
    pub fn is_below_stack(self, stack_pointer: u32) -> bool {
        self.stack_low != 0 && stack_pointer < self.stack_low
    }

    /// Whether the guard zone was overwritten. A thread without one (main) has none to damage.
    #[must_use]
    pub fn guard_damaged(self, memory: &impl Memory) -> bool {
        if self.guard_size() == 0 {
            return false;
        }
        memory.all_equal(self.guard, self.stack_low, word::GUARD_BYTE) == Some(false)
    }

    /// Bytes of guard zone that [`guard_damaged`](Self::guard_damaged) looks through: 0 if there is none, or one that is
    /// larger than any that makes sense.
    #[must_use]
    pub fn guard_size(self) -> u32 {
        match self.stack_low.saturating_sub(self.guard) {
            size if self.guard != 0 && size <= LARGEST_GUARD => size,
            _ => 0,
        }
    }

    /// Bytes of stack that the thread was given; `None` for the main thread.
    #[must_use]
    pub fn stack_size(self) -> Option<u32> {
        let size = self.stack_top.checked_sub(self.stack_low)?;
        (self.stack_low != 0).then_some(size)
    }
}
