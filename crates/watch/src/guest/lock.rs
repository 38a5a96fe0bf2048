//! What a traced lock or condition variable says of itself: its name, and where it was made.

use threadlink_abi::layout::lock as word;

use super::memory::GuestMemory;

/// Where the words about a lock's origin lead: two addresses that never change while the lock lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OriginWords {
    /// Address of the `Location` where it was made, or 0.
    pub(crate) made: u32,
    /// Address of its name, or 0.
    name: u32,
}

impl OriginWords {
    /// Those of the lock at `address`; `None` if they do not lie inside the memory.
    pub(crate) fn of(memory: &GuestMemory, address: u32) -> Option<Self> {
        Some(Self {
            made: memory.load(address.checked_add(word::SITE)?)?,
            name: memory.load(address.checked_add(word::NAME)?)?,
        })
    }

    /// Both in one number.
    pub(crate) fn packed(self) -> u64 {
        u64::from(self.made) << 32 | u64::from(self.name)
    }
}

/// The name of the lock at `address`, if it has one.
pub(crate) fn name(memory: &GuestMemory, address: u32) -> Option<String> {
    let length = memory.load(address.checked_add(word::NAME_LEN)?)?;
    memory.read_string(OriginWords::of(memory, address)?.name, length)
}
