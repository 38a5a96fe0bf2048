//! The places in a module at which it accesses memory, by number.

use threadlink_races::Order;

use super::accesses::Kind;

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    pub(crate) kind: Kind,
    /// Bytes that are accessed, if that is always the same.
    pub(crate) bytes: u8,
    /// What is added to the address.
    pub(crate) offset: u32,
    /// Where in the module that was copied.
    pub(crate) at: usize,
    /// Its orderings: that of success, and that of failure.
    pub(crate) orders: (Order, Order),
    /// Whether it is the runtime's or the allocator's, and orders nothing for the program.
    pub(crate) private: bool,
}
