//! Where a new project takes the crate `threadlink` from.

use std::fmt;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, InlineTable, Value};

use crate::failure::Failure;

/// The version of this command, and so of the runtime that it belongs with.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// One of the ways to name a dependency.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Dependency {
    /// From crates.io.
    Version,
    Path(PathBuf),
    Git(String),
}

/// The root of the clone in which this command was built, if it was built in one.
fn clone() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

impl Dependency {
    /// What the user says, else the clone of the repository in which this command was built, if it is still there and
    /// of the same version; else crates.io.
    pub(super) fn choose(path: Option<&Path>, git: Option<String>) -> Result<Self, Failure> {
        if let Some(path) = path {
            return given(path).map_err(Failure::usage);
        }
        if let Some(url) = git {
            return Ok(Self::Git(url));
        }
        let beside = clone().join("threadlink");
        Ok(match runtime_at(&beside) {
            Some(()) => Self::Path(beside),
            None => Self::Version,
        })
    }

    /// Another crate of ours, which belongs with this command and is in this folder of the repository.
    pub(crate) fn of_command(folder: &str) -> Self {
        match Self::choose(None, None) {
            Ok(Self::Path(_)) => Self::Path(clone().join(folder)),
            _ => Self::Version,
        }
    }

    /// As a value in `[dependencies]`.
    pub(crate) fn to_toml(&self) -> Value {
        let table = |key: &str, text: &str| {
            let mut table = InlineTable::new();
            table.insert(key, Value::from(text));
            Value::InlineTable(table)
        };
        match self {
            Self::Version => Value::from(VERSION),
            Self::Path(path) => table("path", &path.to_string_lossy()),
            Self::Git(url) => table("git", url),
        }
    }
}

impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version => write!(f, "{VERSION} from crates.io"),
            Self::Path(path) => write!(f, "in {}", path.display()),
            Self::Git(url) => write!(f, "in {url}"),
        }
    }
}

/// The crate in the folder that the user names.
fn given(path: &Path) -> Result<Dependency, String> {
    let whole = path
        .canonicalize()
        .map_err(|error| format!("cannot find the folder {}: {error}", path.display()))?;
    if whole.to_str().is_none() {
        return Err(format!(
            "the path {} is not UTF-8, which Cargo.toml must be",
            whole.display()
        ));
    }
    // The clone is as good as the folder in it.
    for folder in [whole.join("threadlink"), whole] {
        if package(&folder).is_some_and(|(name, _)| name == "threadlink") {
            return Ok(Dependency::Path(folder));
        }
    }
    Err(format!(
        "{} is no folder of the crate `threadlink`: give the one with its Cargo.toml",
        path.display()
    ))
}

/// Whether the runtime of this very version is in this folder.
fn runtime_at(folder: &Path) -> Option<()> {
    folder.to_str()?;
    let (name, inherits) = package(folder)?;
    // The workspace gives all of its packages one version; a package with its own was published.
    (name == "threadlink" && inherits && workspace_version(folder.parent()?)? == VERSION).then_some(())
}

/// The name of the package in a folder, and whether its version is the workspace's.
fn package(folder: &Path) -> Option<(String, bool)> {
    let manifest = read(folder)?;
    let package = manifest.get("package")?;
    let name = package.get("name")?.as_str()?.to_owned();
    let inherits = package
        .get("version")
        .and_then(|version| version.get("workspace"))
        .is_some();
    Some((name, inherits))
}

fn workspace_version(folder: &Path) -> Option<String> {
    let manifest = read(folder)?;
    let version = manifest.get("workspace")?.get("package")?.get("version")?;
    version.as_str().map(str::to_owned)
}

fn read(folder: &Path) -> Option<DocumentMut> {
    std::fs::read_to_string(folder.join("Cargo.toml"))
        .ok()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_clone_that_the_command_was_built_in_is_the_default() {
        let Ok(Dependency::Path(path)) = Dependency::choose(None, None) else {
            panic!("these tests run in a clone")
        };
        assert!(path.join("src/lib.rs").is_file(), "{path:?}");
    }

    #[test]
    fn a_folder_has_to_hold_the_runtime() {
        let clone = clone();
        for path in [clone.to_owned(), clone.join("threadlink")] {
            let Ok(Dependency::Path(found)) = Dependency::choose(Some(&path), None) else {
                panic!("{path:?}")
            };
            assert!(found.ends_with("threadlink"), "{found:?}");
        }
        for path in [clone.join("docs"), clone.join("nowhere")] {
            let error = Dependency::choose(Some(&path), None).expect_err("no runtime there");
            assert!(
                error.message.contains(&*path.to_string_lossy()),
                "{}",
                error.message
            );
        }
    }

    #[test]
    fn another_version_is_not_taken_for_ours() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let folder = dir.path().join("threadlink");
        fs::create_dir(&folder).expect("a folder");
        let manifest = "[package]\nname = \"threadlink\"\nversion.workspace = true\n";
        fs::write(folder.join("Cargo.toml"), manifest).expect("a file");
        for (version, expected) in [(VERSION, Some(())), ("9.9.9", None)] {
            let text = format!("[workspace.package]\nversion = \"{version}\"\n");
            fs::write(dir.path().join("Cargo.toml"), text).expect("a file");
            assert_eq!(runtime_at(&folder), expected, "{version}");
        }
    }
}
