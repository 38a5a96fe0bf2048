//! Source locations of the guest: from the address of a `core::panic::Location` to file, line and column.

use threadlink_trace::Site;

use super::descriptor::LocationLayout;
use super::memory::GuestMemory;

/// Reads the location at `address`, or `None` if it is null or makes no sense.
pub(crate) fn read(memory: &GuestMemory, layout: Option<LocationLayout>, address: u32) -> Option<Site> {
    let layout = layout?;
    if address == 0 {
        return None;
    }
    let word = |offset: u32| memory.load(address.checked_add(offset)?);
    let file = memory.read_string(word(layout.file)?, word(layout.file_len)?)?;
    Some(Site::new(address, file, word(layout.line)?, word(layout.column)?))
}
