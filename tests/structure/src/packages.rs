//! Packages as a registry would get them: cargo makes all of them, and builds those that need no engine from nothing but
//! what is in them. To build the others too, it would compile wasmtime once more, for minutes.

use std::process::Command;

use cargo_metadata::Metadata;

use crate::layers;

/// Makes all packages, and builds the light ones.
///
/// # Errors
/// If cargo fails; it has said why.
pub fn package(metadata: &Metadata) -> Result<(), String> {
    cargo(metadata, &["package", "--workspace", "--no-verify"])?;
    let light = layers::published(metadata)
        .filter(|package| !layers::needs_engine(metadata, package))
        .flat_map(|package| ["--package", package.name.as_str()]);
    let arguments: Vec<&str> = std::iter::once("package").chain(light).collect();
    cargo(metadata, &arguments)
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
