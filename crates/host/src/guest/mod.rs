//! What the host reads and writes in guest memory, every address checked.
//!
//! [`memory`] is the only place with raw accesses; [`descriptor`] and [`block`] read the layouts of
//! `threadlink-abi` through it, and [`site`] turns a guest's source locations into file, line and column.

#[path = "../../../watch/src/guest/block.rs"]
pub(crate) mod block;
#[path = "../../../watch/src/guest/descriptor.rs"]
pub(crate) mod descriptor;
#[path = "../../../watch/src/guest/lock.rs"]
pub(crate) mod lock;
pub(crate) mod memory;
#[path = "../../../watch/src/guest/site.rs"]
pub(crate) mod site;
