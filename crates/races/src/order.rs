//! What an atomic access orders.

/// The ordering of an atomic access, or of a fence.
///
/// ```
/// use threadlink_races::Order;
///
/// assert!(Order::AcqRel.acquires() && Order::AcqRel.releases());
/// assert!(!Order::Acquire.releases());
/// assert!(!Order::Relaxed.acquires());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// Nothing.
    Relaxed,
    /// What the thread does afterwards comes after what the writer of the value had released.
    Acquire,
    /// What the thread has done comes before what those do who acquire the value.
    Release,
    /// Both.
    AcqRel,
    /// Both, in one order with all others of this kind. It is what compiled wasm has everywhere.
    #[default]
    SeqCst,
}

impl Order {
    /// Whether a read with it sees what was released.
    #[must_use]
    pub fn acquires(self) -> bool {
        matches!(self, Self::Acquire | Self::AcqRel | Self::SeqCst)
    }

    /// Whether a write with it releases.
    #[must_use]
    pub fn releases(self) -> bool {
        matches!(self, Self::Release | Self::AcqRel | Self::SeqCst)
    }
}
