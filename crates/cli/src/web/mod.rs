//! What the command makes for pages: `package` makes a folder that a page imports, of which `types` tells an editor what the
//! module exports; `names` makes the functions' names readable. `bindgen` puts it together with wasm-bindgen, and `files` is what
//! all of them share.

mod bindgen;
mod files;
mod names;
mod package;
mod types;

pub(crate) use self::package::{Glue, package};
