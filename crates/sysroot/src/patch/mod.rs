//! The patch that makes std a std with threads: files of ours that take the place of std's for this target, and edits.
//!
//! | in `patch/` | |
//! |---|---|
//! | `std/` | files that replace those at the same place below `library/std` |
//! | `edits.toml` | edits of std's own files |
//! | `objects/` | what is linked into programs besides std |
//!
//! It is applied to a copy of the user's own `rust-src`; nothing of std's is kept here.

mod edit;

use std::io;
use std::path::Path;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use self::edit::Edit;
pub use self::edit::Misfit;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/patch/std");
static OBJECTS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/patch/objects");
const EDITS: &str = include_str!("../../patch/edits.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edits {
    edit: Vec<Edit>,
}

fn edits() -> Vec<Edit> {
    let edits: Edits = toml::from_str(EDITS).expect("a test reads it");
    edits.edit
}

/// All that the patch consists of.
pub(crate) fn parts() -> ([&'static Dir<'static>; 2], &'static str) {
    ([&FILES, &OBJECTS], EDITS)
}

/// The source of what is linked into programs besides std: a crate a file.
pub(crate) fn objects() -> &'static Dir<'static> {
    &OBJECTS
}

/// Applies the patch to a copy of std's sources, in which `threadlink-rt` and `threadlink-abi` stand beside `std`.
///
/// # Errors
/// The file that could not be read or written. An edit that does not fit this version of std is the inner error; the copy
/// is of no use then.
pub(crate) fn apply(library: &Path) -> io::Result<Result<(), Misfit>> {
    for edit in edits() {
        if let Err(misfit) = edit.make(library)? {
            return Ok(Err(misfit));
        }
    }
    FILES.extract(library.join("std"))?;
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edits_can_be_read() {
        assert!(!edits().is_empty());
    }
}
