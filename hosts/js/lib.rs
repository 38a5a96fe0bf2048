//! The host in JavaScript as data, for whoever makes a package for the web: `threadlink build --web` puts it beside a module.

pub use include_dir::{Dir, DirEntry};

/// The ES modules and their types: `index.js` is what a page imports.
///
/// ```
/// assert!(threadlink_js::FILES.get_file("index.js").is_some());
/// assert!(threadlink_js::FILES.get_file("imports/all.js").is_some());
/// ```
pub static FILES: Dir<'static> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/src");
