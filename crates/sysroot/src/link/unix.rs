//! Symbolic links.

use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Makes the folder `real` reachable at `at`.
pub(crate) fn folder(real: &Path, at: &Path) -> io::Result<()> {
    symlink(real, at)
}
