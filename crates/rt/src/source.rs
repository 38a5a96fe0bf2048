//! The source of this crate as data: a std with threads is built on it, and a command that makes one has to bring it along.

use include_dir::{Dir, include_dir};

/// The folder `src` of this crate.
///
/// ```
/// assert!(threadlink_rt::source::FILES.get_file("lib.rs").is_some());
/// ```
pub static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src");
