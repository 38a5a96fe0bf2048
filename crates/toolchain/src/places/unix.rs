//! Unix, and what Debian makes of it.

use std::path::{Path, PathBuf};

use crate::system::System;

/// The variable that names the user's home directory.
pub(crate) const HOME: &str = "HOME";

/// Where programs keep what they can make again: in the first of these variables that is set, in that folder.
pub(crate) const CACHE: [(&str, &str); 2] = [("XDG_CACHE_HOME", "threadlink"), (HOME, ".cache/threadlink")];

/// Where programs keep what they need to stay.
pub(crate) const DATA: [(&str, &str); 2] =
    [("XDG_DATA_HOME", "threadlink"), (HOME, ".local/share/threadlink")];

/// Where compilers may be besides `PATH`.
pub(crate) fn system_dirs(system: &dyn System) -> Vec<PathBuf> {
    let mut dirs = ["/usr/local/bin", "/usr/bin"].map(PathBuf::from).to_vec();
    // Debian and Ubuntu keep several versions side by side: /usr/lib/rust-1.96/bin.
    dirs.extend(
        system
            .children(Path::new("/usr/lib"))
            .into_iter()
            .filter(|path| {
                path.file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with("rust-"))
            })
            .map(|path| path.join("bin")),
    );
    dirs
}
