//! Packages as a registry would get them: cargo makes all of them, and builds those that need no engine from nothing but
//! what is in them. To build the others too, it would compile wasmtime once more, for minutes.

use std::fs::{read_dir, remove_dir_all};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::Command;

use cargo_metadata::Metadata;

use crate::layers;

/// Makes all packages, and builds the light ones.
///
/// # Errors
/// If cargo fails; it has said why.
pub fn package(metadata: &Metadata) -> Result<(), String> {
    cargo(metadata, &["package", "--workspace", "--no-verify"])?;
    forget_unpacked(metadata)?;
    let light = layers::published(metadata)
        .filter(|package| !layers::needs_engine(metadata, package))
        .flat_map(|package| ["--package", package.name.as_str()]);
    let arguments: Vec<&str> = std::iter::once("package").chain(light).collect();
    cargo(metadata, &arguments)
}

/// Removes what an earlier check has unpacked of our packages.
///
/// Cargo serves them from a registry of its own below the target folder, and unpacks a package once for each name and
/// version, in the user's folder: what has changed since under the same version would be built as it was.
fn forget_unpacked(metadata: &Metadata) -> Result<(), String> {
    let Some(home) = cargo_home() else {
        return Ok(());
    };
    // None yet, if nothing was ever unpacked.
    for registry in read_dir(home.join("registry/src"))
        .into_iter()
        .flatten()
        .flatten()
    {
        // A registry without a host, as those in folders are.
        if !registry.file_name().to_string_lossy().starts_with('-') {
            continue;
        }
        for package in layers::published(metadata) {
            let unpacked = registry
                .path()
                .join(format!("{}-{}", package.name, package.version));
            match remove_dir_all(&unpacked) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(format!("cannot remove {}: {error}", unpacked.display()));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Where cargo keeps what it has fetched.
fn cargo_home() -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").filter(|home| !home.is_empty());
    named
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

fn cargo(metadata: &Metadata, arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What is tried is what stands there, committed or not; quiet, as packages that nobody publishes have no metadata.
    command
        .args(arguments)
        .args(["--allow-dirty", "--quiet"])
        .current_dir(&metadata.workspace_root);
    let status = command
        .status()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`cargo {}` failed: {status}", arguments.join(" ")))
    }
}
