//! [`Slot`]: which thread it is, as clocks and records have it.

/// A thread's place in clocks. Another thread gets it when that is known to come after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub(crate) u16);

impl Slot {
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}
