//! Source locations of the guest: from the address of a `core::panic::Location` to file, line and column.

use std::fmt;

use super::descriptor::LocationLayout;
use super::memory::GuestMemory;

/// A place in the guest's source.
///
/// ```
/// # fn show(site: &threadlink_host::Site) {
/// println!("taken at {site}"); // src/main.rs:12:20
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Site {
    /// The file, as the compiler was given it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Reads the location at `address`, or `None` if it is null or makes no sense.
pub(crate) fn read(memory: &GuestMemory, layout: Option<LocationLayout>, address: u32) -> Option<Site> {
    let layout = layout?;
    if address == 0 {
        return None;
    }
    let word = |offset: u32| memory.load(address.checked_add(offset)?);
    let file = memory.read_string(word(layout.file)?, word(layout.file_len)?)?;
    Some(Site {
        file,
        line: word(layout.line)?,
        column: word(layout.column)?,
    })
}
