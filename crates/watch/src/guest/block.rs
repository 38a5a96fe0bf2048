//! The control block of a guest thread: its name, its last panic, its guard zone, and what it is about to do.

use threadlink_abi::errno;
use threadlink_abi::layout::block as word;

use crate::memory::Memory;

/// The largest guard zone that is checked; the runtime's has a few KiB.
const LARGEST_GUARD: u32 = 1 << 20;

/// Bytes of it that are looked through at once.
const PIECE: u32 = 1 << 16;

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

    /// How many locks and condition variables the thread has dropped, if the module keeps such a count.
    #[inline]
    #[must_use]
    pub(crate) fn ended(self, memory: &impl Memory) -> u32 {
        memory.load(self.address.wrapping_add(word::ENDED)).unwrap_or(0)
    }

    /// The address and number of the one that was dropped as the `index`-th, as long as it is in the list.
    #[must_use]
    pub(crate) fn ended_as(self, memory: &impl Memory, index: u32) -> Option<(u32, u32)> {
        let entry = word::ENDED_LIST + index % word::ENDED_KEPT * 8;
        let at = self.address.checked_add(entry)?;
        Some((memory.load(at)?, memory.load(at.checked_add(4)?)?))
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

    /// What the program ends with, if this is the main thread's block and its entry point has left that on returning.
    #[must_use]
    pub fn exit_code(self, memory: &impl Memory) -> Option<i32> {
        let left = self.word(memory, word::FLAGS) & word::FLAG_EXIT_CODE != 0;
        left.then(|| self.word(memory, word::EXIT_CODE).cast_signed())
    }

    /// The addresses of the words in which a host says, with [`word::HELD_BY_DEAD`], that this thread is dead.
    #[must_use]
    pub fn held(self, memory: &impl Memory) -> Vec<u32> {
        if self.word(memory, word::FLAGS) & word::FLAG_HELD == 0 {
            return Vec::new();
        }
        let words = (0..word::HELD_COUNT).map(|place| self.word(memory, word::HELD + 4 * place));
        words.filter(|address| *address != 0).collect()
    }

    /// Whether this stack pointer is none of the thread's stack: code has gone below it. `false` where the stack is not
    /// known, as the main thread's.
    #[must_use]
    pub fn is_below_stack(self, stack_pointer: u32) -> bool {
        self.stack_low != 0 && stack_pointer < self.stack_low
    }

    /// Whether the guard zone was overwritten, as far as it was looked through: `go_on` is asked before every piece of
    /// 64 KiB. A thread without a zone (main) has none to damage.
    #[must_use]
    pub fn guard_damaged(self, memory: &impl Memory, mut go_on: impl FnMut() -> bool) -> bool {
        let end = self.guard.saturating_add(self.guard_size());
        let piece = |from: u32| (from, end.min(from.saturating_add(PIECE)));
        let differs = |(from, to): (u32, u32)| memory.all_equal(from, to, word::GUARD_BYTE) == Some(false);
        (self.guard..end)
            .step_by(PIECE as usize)
            .map(piece)
            .take_while(|_| go_on())
            .any(differs)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A guard zone of a MiB from 4096 on, whose byte at this address is another one.
    struct Zone(u32);

    const END: u32 = 4096 + LARGEST_GUARD;

    impl Memory for Zone {
        fn load(&self, address: u32) -> Option<u32> {
            match address {
                word::MAGIC => Some(word::MAGIC_VALUE),
                word::GUARD => Some(4096),
                word::STACK_LOW | word::STACK_TOP => Some(END),
                _ => Some(0),
            }
        }

        fn read(&self, address: u32, len: u32) -> Option<Vec<u8>> {
            let mut bytes = vec![word::GUARD_BYTE; len as usize];
            if let Some(byte) = self
                .0
                .checked_sub(address)
                .and_then(|at| bytes.get_mut(at as usize))
            {
                *byte = 0;
            }
            Some(bytes)
        }
    }

    #[test]
    fn a_guard_zone_is_looked_through_to_its_ends_and_no_further() {
        for (at, damaged) in [
            (4095, false),
            (4096, true),
            (4096 + PIECE - 1, true),
            (4096 + PIECE, true),
            (END - 1, true),
            (END, false),
        ] {
            let zone = Zone(at);
            let block = Block::at(&zone, 0).unwrap();
            assert_eq!(block.guard_damaged(&zone, || true), damaged, "{at}");
        }
    }

    #[test]
    fn who_looks_through_a_guard_zone_can_be_stopped() {
        let zone = Zone(END - 1);
        let block = Block::at(&zone, 0).unwrap();
        let mut pieces = 0;
        let damaged = block.guard_damaged(&zone, || {
            pieces += 1;
            pieces <= 3
        });
        assert!(!damaged && pieces == 4, "{pieces}");
    }
}
