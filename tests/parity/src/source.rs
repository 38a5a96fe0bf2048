//! Where the source of the standard library is, and which release it belongs to.

use std::path::{Path, PathBuf};
use std::process::Command;

use threadlink_toolchain::{Machine, Toolchain, Version};

/// The source of a standard library.
#[derive(Debug, Clone)]
pub struct StdSource {
    /// The directory that holds `std`, `core` and `alloc`.
    pub library: PathBuf,
    /// The release of the compiler that it belongs to.
    pub version: Version,
}

impl StdSource {
    /// The source that guests are built with on this machine, as `threadlink-toolchain` finds it.
    ///
    /// # Errors
    /// A sentence for people, if no toolchain has its source.
    pub fn find() -> Result<(StdSource, Toolchain), String> {
        let toolchain = threadlink_toolchain::detect(&Machine::new()).map_err(|error| error.to_string())?;
        let rustc = &toolchain.rustc;
        let printed = Command::new(rustc)
            .args(["--print", "sysroot"])
            .output()
            .map_err(|error| format!("cannot run {}: {error}", rustc.display()))?;
        let sysroot = String::from_utf8_lossy(&printed.stdout).trim().to_owned();
        let library = Path::new(&sysroot).join("lib/rustlib/src/rust/library");
        let source = StdSource::at(library, toolchain.version)?;
        Ok((source, toolchain))
    }

    /// The source in a directory, of a given release.
    ///
    /// # Errors
    /// A sentence for people, if there is no std in the directory.
    pub fn at(library: PathBuf, version: Version) -> Result<StdSource, String> {
        if library.join("std/src/lib.rs").is_file() {
            Ok(StdSource { library, version })
        } else {
            Err(format!("there is no std/src/lib.rs in {}", library.display()))
        }
    }
}

/// The root of threadlink's workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Reads a file.
///
/// # Errors
/// A sentence that names it.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
