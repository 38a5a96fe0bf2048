//! What the command makes for pages: `package` makes a folder that a page imports, of which `types` tells an editor what the
//! module exports; `names` makes the functions' names readable.

mod names;
mod package;
mod types;

pub(crate) use self::package::package;
