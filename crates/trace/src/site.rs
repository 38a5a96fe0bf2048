//! A place in the source of a guest: [`Site`].

use std::fmt;
use std::sync::Arc;

use crate::printable::Printable;

/// A place in the guest's source. Its `Display` is `file:line:column`, so that terminals and editors make a link of it.
///
/// # Examples
/// ```
/// use threadlink_trace::Site;
///
/// let site = Site::new(0x400, "src/main.rs", 12, 20);
/// assert_eq!(site.to_string(), "src/main.rs:12:20");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Site {
    /// What events call it: the address of its `core::panic::Location` in guest memory.
    pub address: u32,
    /// The file, as the compiler was given it.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl Site {
    /// The place that events call `address`.
    ///
    /// # Examples
    /// ```
    /// let site = threadlink_trace::Site::new(7, "src/lib.rs", 1, 5);
    /// assert_eq!((site.address, site.line), (7, 1));
    /// ```
    #[must_use]
    pub fn new(address: u32, file: impl Into<Arc<str>>, line: u32, column: u32) -> Self {
        Self {
            address,
            file: file.into(),
            line,
            column,
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", Printable(&self.file), self.line, self.column)
    }
}
