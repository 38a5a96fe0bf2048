//! Where files are.

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the clone.
pub(crate) fn root() -> PathBuf {
    let here = own();
    here.ancestors().nth(2).unwrap_or(&here).to_owned()
}

/// The folder of this tool, with its lists. Cargo says at run time where that is, so a clone may be moved.
pub(crate) fn own() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR")
        .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into())
        .into()
}

/// A folder for what is made: built, fetched, said.
pub(crate) fn made(name: &str) -> PathBuf {
    root().join("target/crates").join(name)
}

pub(crate) fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Writes a file and the folders that it is in, unless it says that already: cargo looks at the time of files.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), String> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    path.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}
