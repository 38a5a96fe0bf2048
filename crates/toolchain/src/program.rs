//! What programs are called on this kind of system.

use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};

/// The program of this name in a directory.
pub(crate) fn program(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}{EXE_SUFFIX}"))
}
