//! Where rustup keeps its toolchains.

use std::path::PathBuf;

use crate::places;
use crate::system::System;

/// The directories of rustup's toolchains: channel stable, then numbered ones, then the others.
pub(crate) fn toolchains(system: &dyn System) -> Vec<PathBuf> {
    let home = places::folder(system, "RUSTUP_HOME", ".rustup");
    let mut found = home
        .map(|home| system.children(&home.join("toolchains")))
        .unwrap_or_default();
    found.sort_by_key(|path| {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let rank = match name.as_str() {
            name if name.starts_with("stable") => 0,
            name if name.starts_with(|first: char| first.is_ascii_digit()) => 1,
            _ => 2,
        };
        (rank, name)
    });
    found
}
