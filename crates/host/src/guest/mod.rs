//! What the host reads and writes in guest memory, every address checked.
//!
//! [`memory`] is the only place with raw accesses; [`descriptor`] and [`block`] read the layouts of
//! `threadlink-abi` through it, and [`site`] turns a guest's source locations into file, line and column.

pub(crate) mod block;
pub(crate) mod descriptor;
pub(crate) mod lock;
pub(crate) mod memory;
pub(crate) mod site;
