//! A copy of std's source to build from: the compiler's own is never written to.

use std::fs;
use std::path::Path;

use toml_edit::{Array, DocumentMut, value};

use crate::error::Error;

/// Parts of the workspace that a std is not built from, and which want crates that it does not need.
const TESTS: [&str; 2] = ["coretests", "alloctests"];

/// Copies the folder `library` of the compiler's source, and makes it a workspace of what belongs into a sysroot.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    if !from.join("std/Cargo.toml").is_file() {
        return Err(Error::Source(from.to_owned()));
    }
    folder(from, to)?;
    let path = to.join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
    let text = workspace(&text).map_err(|why| Error::Unexpected(format!("{}: {why}", path.display())))?;
    fs::write(&path, text).map_err(Error::file(&path))
}

/// The workspace's manifest with one member, the package that depends on all that belongs into a sysroot.
fn workspace(text: &str) -> Result<String, String> {
    let mut manifest: DocumentMut = text.parse().map_err(|error| format!("{error}"))?;
    let members = manifest
        .get_mut("workspace")
        .and_then(|workspace| workspace.get_mut("members"))
        .ok_or("it lists no members of a workspace")?;
    *members = value(["sysroot"].into_iter().collect::<Array>());
    Ok(manifest.to_string())
}

/// Links are followed: distributions have some that are relative.
fn folder(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to).map_err(Error::file(to))?;
    for entry in fs::read_dir(from).map_err(Error::file(from))? {
        let entry = entry.map_err(Error::file(from))?;
        let (source, name) = (entry.path(), entry.file_name());
        if TESTS.iter().any(|test| name == *test) {
            continue;
        }
        let found = fs::metadata(&source).map_err(Error::file(&source))?;
        let target = to.join(name);
        if found.is_dir() {
            folder(&source, &target)?;
        } else {
            // Not `fs::copy`, which keeps modes: a system's files may not be written to.
            let bytes = fs::read(&source).map_err(Error::file(&source))?;
            fs::write(&target, bytes).map_err(Error::file(&target))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_the_members_stays_in_the_manifest() {
        let text = "cargo-features = [\"x\"]\n[workspace]\nmembers = [\n \"std\",\n \"coretests\",\n]\n# why\n[profile.release]\na = 1\n";
        let changed = workspace(text).expect("a workspace");
        assert!(changed.contains("members = [\"sysroot\"]"), "{changed}");
        assert!(changed.contains("# why\n[profile.release]\na = 1\n"), "{changed}");
        assert!(workspace("[package]\nname = \"x\"\n").is_err());
        assert!(workspace("[").is_err());
    }

    #[test]
    fn a_compiler_without_source_is_told_of() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let error = copy(&dir.path().join("library"), &dir.path().join("to")).expect_err("no source");
        assert!(error.to_string().contains("rust-src"), "{error}");
    }
}
