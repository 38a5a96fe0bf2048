//! Accesses, as they are told and remembered, and two that race.

use crate::slot::Slot;

/// Where in the program an access happens: two numbers that mean something to whoever tells them.
///
/// ```
/// let place = threadlink_races::Place { site: 7, path: 0 };
/// assert_ne!(place, threadlink_races::Place { site: 8, path: 0 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Place {
    /// Which instruction.
    pub site: u32,
    /// By which calls the thread has come there.
    pub path: u32,
}

/// What an access does with memory.
///
/// ```
/// use threadlink_races::Access;
///
/// assert!(Access::WRITE.writes() && !Access::WRITE.is_atomic());
/// assert!(Access::ATOMIC_READ.is_atomic());
/// assert_eq!(Access::FREE.to_string(), "free");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Access(u8);

const WRITES: u8 = 1;
const ATOMIC: u8 = 2;
const FREES: u8 = 4;
const ALLOCATES: u8 = 8;

impl Access {
    /// A plain read.
    pub const READ: Self = Self(0);
    /// A plain write.
    pub const WRITE: Self = Self(WRITES);
    /// An atomic read.
    pub const ATOMIC_READ: Self = Self(ATOMIC);
    /// An atomic write, or a read and a write in one.
    pub const ATOMIC_WRITE: Self = Self(WRITES | ATOMIC);
    /// The end of an allocation, which is like a plain write.
    pub const FREE: Self = Self(WRITES | FREES);
    /// The beginning of one, likewise.
    pub const ALLOCATE: Self = Self(WRITES | ALLOCATES);

    /// Whether it changes what is there.
    #[must_use]
    pub fn writes(self) -> bool {
        self.0 & WRITES != 0
    }

    /// Whether it is atomic.
    #[must_use]
    pub fn is_atomic(self) -> bool {
        self.0 & ATOMIC != 0
    }

    /// Whether this one and another of the same bytes must be ordered.
    pub(crate) fn conflicts(self, other: Self) -> bool {
        (self.writes() || other.writes()) && !(self.is_atomic() && other.is_atomic())
    }

    /// Whether all that conflicts with the other one conflicts with this.
    pub(crate) fn covers(self, other: Self) -> bool {
        (self.writes() || !other.writes()) && (!self.is_atomic() || other.is_atomic())
    }
}

impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match *self {
            Self::READ => "read",
            Self::ATOMIC_READ => "atomic read",
            Self::ATOMIC_WRITE => "atomic write",
            Self::FREE => "free",
            Self::ALLOCATE => "allocation",
            _ => "write",
        })
    }
}

/// An access of some bytes of a granule, remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) epoch: u32,
    pub(crate) place: Place,
    pub(crate) slot: Slot,
    /// Which of the eight bytes. Of what is no record, none.
    pub(crate) mask: u8,
    pub(crate) access: Access,
}

/// Two accesses that nothing orders. The later one is the one that was told when this was found.
///
/// ```no_run
/// # fn show(race: &threadlink_races::Race) {
/// println!("{} and {} at {:#x}", race.earlier.0, race.later.0, race.address);
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Race {
    /// The first byte that both access.
    pub address: u32,
    /// What the earlier one was, where, and whose, as [`fork`](crate::Detector::fork) was told.
    pub earlier: (Access, Place, u32),
    /// The same of the later one.
    pub later: (Access, Place, u32),
    /// The allocation that the byte is in: its first byte, its length, where and by whom it was made.
    pub block: Option<(u32, u32, Place, u32)>,
    /// The words that the thread of the earlier one had taken and not given back, and where: by an atomic change that only acquires,
    /// and one of the same word that releases, as locks do. `None` if that is not known any more.
    pub earlier_held: Option<Vec<(u32, Place)>>,
    /// The same of the later one.
    pub later_held: Option<Vec<(u32, Place)>>,
    /// What the two threads did that orders other things.
    pub nearby: Nearby,
}

/// Atomic accesses beside a race that order something, though not its two accesses.
///
/// ```
/// assert_eq!(threadlink_races::Nearby::default().acquired, None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Nearby {
    /// The release that the thread of the later access has last acquired, and where it has.
    pub acquired: Option<[Place; 2]>,
    /// The one that it has last read without acquiring it, if that would have ordered the two accesses, and where it has.
    pub unheeded: Option<[Place; 2]>,
}
