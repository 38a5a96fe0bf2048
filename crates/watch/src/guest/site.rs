//! Source locations of the guest: from the address of a `core::panic::Location` to file, line and column.

use threadlink_trace::Site;

use super::descriptor::LocationLayout;
use crate::memory::Memory;

/// Reads the location at `address`, or `None` if it is null or makes no sense.
///
/// ```
/// use threadlink_watch::guest::site;
/// use threadlink_watch::{Clock, Memory, Watch};
///
/// fn print<M: Memory, C: Clock>(watch: &Watch<M, C>, address: u32) {
///     if let Some(site) = site::read(&watch.memory, watch.location_layout(), address) {
///         println!("{site}"); // src/main.rs:12:20
///     }
/// }
/// # struct N;
/// # impl Memory for N {
/// #     fn load(&self, _: u32) -> Option<u32> { None }
/// #     fn read(&self, _: u32, _: u32) -> Option<Vec<u8>> { None }
/// # }
/// # impl Clock for N {
/// #     fn now(&self) -> u64 { 0 }
/// # }
/// # print(&Watch::new(N, N), 0);
/// ```
pub fn read(memory: &impl Memory, layout: Option<LocationLayout>, address: u32) -> Option<Site> {
    let layout = layout?;
    if address == 0 {
        return None;
    }
    let word = |offset: u32| memory.load(address.checked_add(offset)?);
    let file = memory.read_path(word(layout.file)?, word(layout.file_len)?)?;
    Some(Site::new(address, file, word(layout.line)?, word(layout.column)?))
}
