//! Where things are in a sysroot.

use std::path::{Path, PathBuf};

use threadlink_toolchain::flags::TARGET;

/// What is there for each kind of machine, below the sysroot.
pub(crate) const KINDS: &str = "lib/rustlib";

/// The part that is ours, below the sysroot.
pub(crate) fn ours() -> String {
    format!("{KINDS}/{TARGET}")
}

/// The folder of the compiled libraries.
pub(crate) fn libraries(sysroot: &Path) -> PathBuf {
    sysroot.join(ours()).join("lib")
}

/// The folder of what programs are linked with besides std; not all kinds of std have it.
pub(crate) fn objects(sysroot: &Path) -> PathBuf {
    libraries(sysroot).join("self-contained")
}

/// A compiled library of ours, for single crates.
pub(crate) fn library(sysroot: &Path, name: &str) -> PathBuf {
    libraries(sysroot).join(format!("lib{name}.rlib"))
}

/// The folder of what single crates are compiled from in place of their own source.
pub(crate) fn instead(sysroot: &Path) -> PathBuf {
    sysroot.join("instead")
}

/// The folder that has parts of this std's source.
pub(crate) fn source(sysroot: &Path) -> PathBuf {
    sysroot.join("library")
}
