//! Windows, where programs are in `PATH` or nowhere.

use std::path::PathBuf;

use crate::system::System;

/// The variable that names the user's home directory.
pub(crate) const HOME: &str = "USERPROFILE";

/// Where compilers may be besides `PATH`.
pub(crate) fn system_dirs(_system: &dyn System) -> Vec<PathBuf> {
    Vec::new()
}
