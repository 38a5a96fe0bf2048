//! The workspace as cargo sees it.

use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand};

/// What cargo knows of the workspace and all that it depends on.
///
/// # Errors
/// If cargo cannot say.
pub fn metadata() -> Result<Metadata, String> {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    MetadataCommand::new()
        .current_dir(Path::new(&here))
        .exec()
        .map_err(|error| format!("cargo metadata: {error}"))
}

/// The root files of all that is compiled, by their paths from the root of the workspace.
#[must_use]
pub fn roots(metadata: &Metadata) -> Vec<PathBuf> {
    let mut roots: Vec<PathBuf> = metadata
        .workspace_packages()
        .iter()
        .flat_map(|package| &package.targets)
        .map(|target| {
            let path = target.src_path.as_std_path();
            path.strip_prefix(&metadata.workspace_root)
                .unwrap_or(path)
                .to_owned()
        })
        .collect();
    roots.sort();
    roots.dedup();
    roots
}
