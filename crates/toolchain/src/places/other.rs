//! Windows, where programs are in `PATH` or nowhere.

use std::path::PathBuf;

use crate::system::System;

/// The variable that names the user's home directory.
pub(crate) const HOME: &str = "USERPROFILE";

/// Where programs keep what they can make again: in the first of these variables that is set, in that folder.
pub(crate) const CACHE: [(&str, &str); 2] =
    [("LOCALAPPDATA", "threadlink/cache"), (HOME, ".cache/threadlink")];

/// Where programs keep what they need to stay.
pub(crate) const DATA: [(&str, &str); 2] =
    [("LOCALAPPDATA", "threadlink"), (HOME, ".local/share/threadlink")];

/// Where compilers may be besides `PATH`.
pub(crate) fn system_dirs(_system: &dyn System) -> Vec<PathBuf> {
    Vec::new()
}
