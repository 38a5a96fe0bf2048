//! Puts our own crates beside std in a copy of its source: the runtime that a std with threads stands on.

use std::fs;
use std::path::Path;

use include_dir::{Dir, DirEntry};

use crate::error::Error;

/// Writes `threadlink-abi` and `threadlink-rt` into the folder `library`.
pub(crate) fn place(library: &Path, traced: bool) -> Result<(), Error> {
    let abi = manifest("threadlink-abi", "");
    write(
        &library.join("threadlink-abi"),
        &abi,
        &threadlink_abi::source::FILES,
    )?;
    let traced = if traced { "\"tracing\"" } else { "" };
    let rt = manifest(
        "threadlink-rt",
        &format!(
            "alloc = {{ package = \"rustc-std-workspace-alloc\", path = \"../rustc-std-workspace-alloc\" }}\n\
             threadlink-abi = {{ path = \"../threadlink-abi\" }}\n\n[features]\ndefault = [{traced}]\ntracing = []\n"
        ),
    );
    write(&library.join("threadlink-rt"), &rt, &threadlink_rt::source::FILES)
}

/// A package below std: it gets core, and alloc, by way of std's workspace.
fn manifest(name: &str, rest: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"{}\"\nedition = \"2024\"\n\n[lib]\ntest = false\nbench = \
         false\ndoc = false\n\n[dependencies]\ncore = {{ package = \"rustc-std-workspace-core\", path = \
         \"../rustc-std-workspace-core\" }}\n{rest}",
        env!("CARGO_PKG_VERSION")
    )
}

fn write(package: &Path, manifest: &str, source: &Dir<'_>) -> Result<(), Error> {
    let path = package.join("Cargo.toml");
    fs::create_dir_all(package).map_err(Error::file(package))?;
    fs::write(&path, manifest).map_err(Error::file(&path))?;
    files(source, &package.join("src"))
}

fn files(source: &Dir<'_>, root: &Path) -> Result<(), Error> {
    for entry in source.entries() {
        let path = root.join(entry.path());
        match entry {
            DirEntry::Dir(inner) => files(inner, root)?,
            DirEntry::File(file) => {
                let folder = path.parent().unwrap_or(root);
                fs::create_dir_all(folder).map_err(Error::file(folder))?;
                fs::write(&path, file.contents()).map_err(Error::file(&path))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_crates_are_whole_packages() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        place(dir.path(), true).expect("files");
        for file in [
            "threadlink-abi/src/lib.rs",
            "threadlink-rt/src/lib.rs",
            "threadlink-rt/src/wasm/mod.rs",
        ] {
            assert!(dir.path().join(file).is_file(), "{file}");
        }
        let text = fs::read_to_string(dir.path().join("threadlink-rt/Cargo.toml")).expect("a file");
        let manifest: toml_edit::DocumentMut = text.parse().expect("TOML");
        assert_eq!(manifest["features"]["default"][0].as_str(), Some("tracing"));
        assert!(manifest["dependencies"]["alloc"].is_inline_table());
    }
}
