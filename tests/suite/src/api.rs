//! What is under test, by std's names: threadlink, or, with the feature `std-itself`, std.

#[cfg(feature = "std-itself")]
pub(crate) use std::{sync, thread, time};
#[cfg(not(feature = "std-itself"))]
pub(crate) use threadlink::{sync, thread, time};
