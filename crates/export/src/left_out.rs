//! What a format cannot say: [`LeftOut`].

use std::fmt;

/// How many events of a trace were left out as a format has nothing for them.
///
/// # Examples
/// ```
/// use threadlink_export::LeftOut;
///
/// let left_out = LeftOut { reading: 3, ..LeftOut::default() };
/// assert_eq!(left_out.to_string(), "3 events of locks held for reading");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LeftOut {
    /// Requests, acquires and releases for reading.
    pub reading: u64,
    /// Waits at addresses, their ends, and what ends them.
    pub addresses: u64,
    /// Events of kinds that this version does not know.
    pub unknown: u64,
}

impl LeftOut {
    /// Whether nothing was.
    ///
    /// # Examples
    /// ```
    /// assert!(threadlink_export::LeftOut::default().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.reading, "of locks held for reading"),
            (self.addresses, "of waits at addresses"),
            (self.unknown, "of kinds that this version does not know"),
        ];
        let mut separator = "";
        for (count, what) in parts.into_iter().filter(|(count, _)| *count > 0) {
            let events = if count == 1 { "event" } else { "events" };
            write!(f, "{separator}{count} {events} {what}")?;
            separator = ", ";
        }
        if separator.is_empty() {
            f.write_str("nothing")
        } else {
            Ok(())
        }
    }
}
