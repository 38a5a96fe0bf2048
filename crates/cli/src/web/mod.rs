//! What the command does for pages: `package` makes a folder that a page imports, of which `types` tells an editor what the
//! module exports; `serve` serves one as browsers want it, and `site` finds what is asked for.

mod package;
mod serve;
mod site;
mod types;

pub(crate) use self::package::package;
pub(crate) use self::serve::Serve;
