//! The command `wasm-bindgen` that fits a project: it reads what the crate `wasm-bindgen` has written into a module, and that is
//! another thing in each version.

use std::fs;
use std::path::{Path, PathBuf};

use threadlink_toolchain::{Machine, System, places};
use toml_edit::DocumentMut;

use crate::failure::Failure;

const NAME: &str = "wasm-bindgen";

/// The command of the version that is in this `Cargo.lock`.
pub(super) fn find(lock_file: &Path) -> Result<PathBuf, Failure> {
    let text = fs::read_to_string(lock_file)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", lock_file.display())))?;
    let version = version(&text).ok_or_else(|| {
        Failure::usage(format!(
            "{} has no {NAME}: leave `--bindgen` out, or add the dependency (`cargo add {NAME}`)",
            lock_file.display()
        ))
    })?;
    choose(&Machine::new(), &version).map_err(|others| {
        Failure::usage(format!(
            "{} has {NAME} {version}, and its glue is made by the command of this very version, which is not \
             there{others}: `cargo install wasm-bindgen-cli --version {version}`",
            lock_file.display()
        ))
    })
}

/// The version of the crate that a lock file has.
fn version(lock_file: &str) -> Option<String> {
    let lock: DocumentMut = lock_file.parse().ok()?;
    let packages = lock.get("package")?.as_array_of_tables()?;
    let text =
        |package: &toml_edit::Table, key| package.get(key).and_then(|item| item.as_str()).map(str::to_owned);
    let found = packages
        .iter()
        .find(|package| text(package, "name").as_deref() == Some(NAME))?;
    text(found, "version")
}

/// The first command of this version, in the path or where cargo puts what it installs; else what there is instead.
fn choose(system: &impl System, version: &str) -> Result<PathBuf, String> {
    let installed = places::folder(system, "CARGO_HOME", ".cargo").map(|home| home.join("bin"));
    let mut others = Vec::new();
    for folder in system.path_dirs().into_iter().chain(installed) {
        let file = folder.join(NAME).with_extension(std::env::consts::EXE_EXTENSION);
        if !system.is_file(&file) {
            continue;
        }
        // `wasm-bindgen 0.2.100`, with a commit behind it in some builds.
        let said = system.output(&file, &["--version"]).unwrap_or_default();
        match said.split_whitespace().nth(1) {
            Some(found) if found == version => return Ok(file),
            Some(found) => others.push(format!("{} is {found}", file.display())),
            None => others.push(format!("{} does not say what it is", file.display())),
        }
    }
    if others.is_empty() {
        return Err(String::new());
    }
    Err(format!(" ({})", others.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_lock_file() {
        let lock = "version = 4\n\n[[package]]\nname = \"js-sys\"\nversion = \"0.3.1\"\n\n[[package]]\nname = \
                    \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version(lock).as_deref(), Some("0.2.130"));
        assert_eq!(version("version = 4\n"), None);
        assert_eq!(version("no lock file"), None);
    }

    #[test]
    fn a_project_without_it_is_told_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("Cargo.lock");
        assert!(find(&file).unwrap_err().message.contains("cannot read"));
        fs::write(&file, "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n").unwrap();
        let said = find(&file).unwrap_err().message;
        assert!(said.contains("leave `--bindgen` out"), "{said}");
        fs::write(
            &file,
            "[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.0.1\"\n",
        )
        .unwrap();
        let said = find(&file).unwrap_err().message;
        assert!(
            said.ends_with("`cargo install wasm-bindgen-cli --version 0.0.1`"),
            "{said}"
        );
    }
}
