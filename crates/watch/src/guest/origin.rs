//! What a traced lock or condition variable says of itself: its name, and where it was made.

use threadlink_abi::layout::lock as word;

use crate::memory::Memory;

/// Where the words about a lock's origin lead: two addresses that never change while the lock lives.
///
/// ```
/// use threadlink_watch::Memory;
/// use threadlink_watch::guest::origin::OriginWords;
///
/// /// Whether another lock stands at an address than before.
/// fn is_another(memory: &impl Memory, address: u32, before: OriginWords) -> bool {
///     OriginWords::of(memory, address).is_some_and(|now| now != before)
/// }
/// # struct N;
/// # impl Memory for N {
/// #     fn load(&self, address: u32) -> Option<u32> { Some(address) }
/// #     fn read(&self, _: u32, _: u32) -> Option<Vec<u8>> { None }
/// # }
/// let words = OriginWords::of(&N, 0x40).unwrap();
/// assert!(!is_another(&N, 0x40, words) && is_another(&N, 0x80, words));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OriginWords {
    /// Address of the `Location` where it was made, one of the [`Places`](crate::Places), or 0.
    pub made: u32,
    /// Address of its name, or 0.
    name: u32,
}

impl OriginWords {
    /// Those of the lock at `address`; `None` if they do not lie inside the memory.
    #[must_use]
    pub fn of(memory: &impl Memory, address: u32) -> Option<Self> {
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
///
/// ```
/// # struct N;
/// # impl threadlink_watch::Memory for N {
/// #     fn load(&self, address: u32) -> Option<u32> { Some(address) }
/// #     fn read(&self, _: u32, _: u32) -> Option<Vec<u8>> { Some(b"ledger".to_vec()) }
/// # }
/// use threadlink_watch::guest::origin;
///
/// assert_eq!(origin::name(&N, 0x40).as_deref(), Some("ledger"));
/// ```
#[must_use]
pub fn name(memory: &impl Memory, address: u32) -> Option<String> {
    let length = memory.load(address.checked_add(word::NAME_LEN)?)?;
    memory.read_name(OriginWords::of(memory, address)?.name, length)
}
