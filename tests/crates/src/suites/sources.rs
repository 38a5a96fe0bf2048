//! The sources of the crates, as they were published, in a workspace of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::json;

use crate::guest::Guest;
use crate::lock::Kept;
use crate::place;

use super::list::{Instead, List, Suite};

/// Which versions of other crates they are tested with.
pub(crate) const LOCK: &str = "suites.lock";

/// Files that are not copied: which versions of other crates and which compiler a crate's authors work with, and cargo's own.
const LEFT: [&str; 4] = ["Cargo.lock", "rust-toolchain.toml", "rust-toolchain", ".cargo-ok"];

/// They, on disk.
#[derive(Debug)]
pub(crate) struct Sources {
    pub(crate) folder: PathBuf,
    pub(crate) lock: Kept,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    manifest_path: PathBuf,
}

impl Sources {
    /// Gets them from where cargo gets crates, and copies them.
    pub(crate) fn get(guest: &Guest, list: &List) -> Result<Sources, String> {
        let published = published(guest, list)?;
        let folder = place::made("suites");
        let mut members = Vec::new();
        // Those that depend on another of them use the same: of a crate with `links` there can be but one.
        let mut instead = serde_json::Map::new();
        for suite in &list.suites {
            let package = published
                .iter()
                .find(|package| package.name == suite.name && package.version == suite.version)
                .ok_or_else(|| format!("cargo did not get {} {}", suite.name, suite.version))?;
            let own = folder.join(suite.folder());
            if !own.is_dir() {
                let from = package.manifest_path.parent().unwrap_or(&package.manifest_path);
                copy(from, &own).map_err(|error| format!("cannot copy {}: {error}", from.display()))?;
            }
            instead.insert(suite.name.clone(), json!({ "path": suite.folder() }));
            members.push(suite.folder());
        }
        for stand_in in &list.instead {
            stand_in.write(&folder)?;
            instead.insert(stand_in.name.clone(), json!({ "path": stand_in.name }));
            members.push(stand_in.name.clone());
        }
        let root = toml(&json!({
            "workspace": { "resolver": "2", "members": members },
            "patch": { "crates-io": instead },
            "profile": { "dev": { "debug": false }, "test": { "debug": false } },
        }))?;
        place::write(&folder.join("Cargo.toml"), &root)?;
        let lock = Kept::put(LOCK, &folder)?;
        Ok(Sources { folder, lock })
    }
}

impl Suite {
    /// The folder of its sources.
    pub(crate) fn folder(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }
}

impl Instead {
    /// Writes it into a folder in that one.
    fn write(&self, folder: &Path) -> Result<(), String> {
        let own = folder.join(&self.name);
        let manifest = toml(&json!({
            "package": { "name": self.name, "version": self.version, "edition": "2024" },
            "lib": { "path": "lib.rs", "proc-macro": self.proc_macro },
            "features": self.features.iter().map(|name| (name.clone(), json!([]))).collect::<serde_json::Map<_, _>>(),
        }))?;
        let source = self
            .source
            .as_ref()
            .map_or(Ok(String::new()), |name| place::read(&place::own().join(name)))?;
        place::write(&own.join("lib.rs"), &source)?;
        place::write(&own.join("Cargo.toml"), &manifest)
    }
}

/// Where cargo keeps what was published: a package that depends on all of them makes it say so.
fn published(guest: &Guest, list: &List) -> Result<Vec<Package>, String> {
    let folder = place::made("published");
    let dependencies: serde_json::Map<_, _> = list
        .suites
        .iter()
        .map(|suite| (suite.name.clone(), format!("={}", suite.version).into()))
        .collect();
    let manifest = toml(&json!({
        "package": { "name": "published", "version": "0.0.0", "edition": "2024" },
        "lib": { "path": "lib.rs" },
        "dependencies": dependencies,
        "workspace": {},
    }))?;
    place::write(&folder.join("lib.rs"), "")?;
    place::write(&folder.join("Cargo.toml"), &manifest)?;
    let mut cargo: Command = guest.cargo(&folder);
    cargo.args(["metadata", "--format-version", "1"]);
    let output = cargo
        .output()
        .map_err(|error| format!("cannot run cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("what cargo metadata says cannot be read: {error}"))?;
    Ok(metadata.packages)
}

fn toml(value: &serde_json::Value) -> Result<String, String> {
    toml::to_string(value).map_err(|error| format!("a Cargo.toml cannot be written: {error}"))
}

/// Copies a folder, but for what is not of the package itself.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    // Aside first, so that one that was cut short is not taken for whole.
    let aside = to.with_extension("part");
    if aside.is_dir() {
        fs::remove_dir_all(&aside)?;
    }
    copy_all(from, &aside)?;
    fs::rename(aside, to)
}

fn copy_all(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if entry.file_type()?.is_dir() {
            copy_all(&entry.path(), &to.join(name))?;
        } else if !LEFT.iter().any(|left| name == *left) {
            fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}
