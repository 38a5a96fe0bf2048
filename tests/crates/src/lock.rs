//! Which versions exactly are meant: a lock file of cargo's, kept beside the list.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::place;

/// A lock file.
#[derive(Debug, Deserialize)]
pub(crate) struct Lock {
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
}

impl Lock {
    pub(crate) fn read(text: &str) -> Result<Lock, String> {
        toml::from_str(text).map_err(|error| format!("that is no lock file: {error}"))
    }

    /// The version of a crate that begins with this.
    pub(crate) fn version(&self, name: &str, start: &str) -> Option<&str> {
        let begins = |version: &str| {
            let rest = version.strip_prefix(start);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '+', '-']))
        };
        self.package
            .iter()
            .find(|package| package.name == name && begins(&package.version))
            .map(|package| package.version.as_str())
    }
}

/// The one for a workspace that is made.
#[derive(Debug)]
pub(crate) struct Kept {
    kept: PathBuf,
    used: PathBuf,
}

impl Kept {
    /// The one of this name beside the lists, for the workspace in this folder; it is put there.
    pub(crate) fn put(name: &str, workspace: &Path) -> Result<Kept, String> {
        let kept = place::own().join(name);
        let used = workspace.join("Cargo.lock");
        if kept.is_file() {
            place::write(&used, &place::read(&kept)?)?;
        }
        Ok(Kept { kept, used })
    }

    /// Keeps what cargo has added for new entries of a list.
    pub(crate) fn keep(&self) -> Result<(), String> {
        place::write(&self.kept, &place::read(&self.used)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_by_how_it_begins() {
        let text = "version = 4\n[[package]]\nname = \"a\"\nversion = \"0.10.2\"\n[[package]]\nname = \"a\"\nversion = \"0.1.3+x\"";
        let lock = Lock::read(text).expect("a lock file");
        assert_eq!(lock.version("a", "0.1"), Some("0.1.3+x"));
        assert_eq!(lock.version("a", "0.10.2"), Some("0.10.2"));
        assert_eq!(lock.version("a", "1"), None);
        assert_eq!(lock.version("b", "0.1"), None);
    }
}
