//! Copies: links are a privilege on Windows. The compiler finds what is only in its own sysroot there as well, so little is
//! needed.

use std::fs;
use std::io;
use std::path::Path;

/// Makes the folder `real` reachable at `at`.
pub(crate) fn folder(real: &Path, at: &Path) -> io::Result<()> {
    fs::create_dir_all(at)?;
    for entry in fs::read_dir(real)? {
        let entry = entry?;
        let target = at.join(entry.file_name());
        if entry.path().is_dir() {
            folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
