//! The project whose tests are std's.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::{SUITES, Suite};
use crate::put::put;
use crate::source::{StdSource, read, workspace};

/// The folders that the suites are in, with what they share.
const FOLDERS: [&str; 3] = ["std/tests", "alloctests/tests", "alloctests/testing"];

/// What std's tests need besides std: as in std's own manifest.
const DEPENDENCIES: &str = "rand = { version = \"0.9\", default-features = false, features = [\"alloc\"] }\n\
                            rand_xorshift = \"0.4\"\n";

/// Writes the project below `target/std-tests`, and returns the path of its manifest.
///
/// # Errors
/// A sentence for people: a file that cannot be read or written.
pub fn write(source: &StdSource) -> Result<PathBuf, String> {
    let dir = workspace().join("target/std-tests/unmodified");
    for folder in FOLDERS {
        copy(&source.library.join(folder), &dir.join(folder), &dir)?;
    }
    let mut manifest =
        "[package]\nname = \"std-tests-unmodified\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
                        publish = false\nautotests = false\n\n[workspace]\n"
            .to_owned();
    let _ = write!(manifest, "\n[dev-dependencies]\n{DEPENDENCIES}");
    for Suite { name, path, .. } in SUITES {
        let _ = write!(manifest, "\n[[test]]\nname = \"{name}\"\npath = \"{path}\"\n");
    }
    put(&dir.join("Cargo.toml"), &manifest)?;
    put(
        &dir.join("src/lib.rs"),
        "//! Nothing: the tests are what there is.\n",
    )?;
    // The same versions of everything as in the workspace; cargo drops what is not needed.
    put(&dir.join("Cargo.lock"), &read(&workspace().join("Cargo.lock"))?)?;
    Ok(dir.join("Cargo.toml"))
}

/// Copies the source files in a folder, each suite's with what has to stand before it.
fn copy(from: &Path, to: &Path, dir: &Path) -> Result<(), String> {
    let entries = std::fs::read_dir(from)
        .map_err(|error| format!("cannot read the folder {}: {error}", from.display()))?;
    for entry in entries.filter_map(Result::ok) {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target, dir)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let suite = SUITES.into_iter().find(|suite| dir.join(suite.path) == target);
            let before = suite.map_or("", |suite| suite.before);
            put(&target, &format!("{before}{}", read(&path)?))?;
        }
    }
    Ok(())
}
