//! The patch that makes std a std with threads: files of ours that take the place of std's for this target, and edits.
//!
//! | in `patch/` | |
//! |---|---|
//! | `std/` | files that replace those at the same place below `library/std` |
//! | `edits.toml` | edits of std's own files |
//! | `traced/std/`, `edits-traced.toml` | the same besides, for a std whose locks call the hooks |
//! | `objects/` | what is linked into programs besides std |
//! | `libraries/` | crates that single crates are given besides what they ask for |
//! | `instead/` | what single crates are compiled from in place of their own source |
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
static LIBRARIES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/patch/libraries");
static INSTEAD: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/patch/instead");
static TRACED_FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/patch/traced/std");
const EDITS: &str = include_str!("../../patch/edits.toml");
const TRACED_EDITS: &str = include_str!("../../patch/edits-traced.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edits {
    edit: Vec<Edit>,
}

fn edits(text: &str) -> Vec<Edit> {
    let edits: Edits = toml::from_str(text).expect("a test reads it");
    edits.edit
}

/// All that the patch consists of.
pub(crate) fn parts() -> ([&'static Dir<'static>; 5], [&'static str; 2]) {
    (
        [&FILES, &TRACED_FILES, &OBJECTS, &LIBRARIES, &INSTEAD],
        [EDITS, TRACED_EDITS],
    )
}

/// The files of std's that ours take the place of, below the folder `std`.
pub(crate) fn replaced() -> Vec<&'static Path> {
    fn below(folder: &Dir<'static>, found: &mut Vec<&'static Path>) {
        found.extend(folder.files().map(include_dir::File::path));
        for inner in folder.dirs() {
            below(inner, found);
        }
    }
    let mut found = Vec::new();
    below(&FILES, &mut found);
    found
}

/// The source of what is linked into programs besides std: a crate a file.
pub(crate) fn objects() -> &'static Dir<'static> {
    &OBJECTS
}

/// The source of crates that single crates are given: a crate a file.
pub(crate) fn libraries() -> &'static Dir<'static> {
    &LIBRARIES
}

/// What single crates are compiled from in place of their own source: a file for each, named for its package.
pub(crate) fn instead() -> &'static Dir<'static> {
    &INSTEAD
}

/// Applies the patch to a copy of std's sources, in which `threadlink-rt` and `threadlink-abi` stand beside `std`; `traced` is
/// whether its locks are to call the hooks.
///
/// # Errors
/// The file that could not be read or written. An edit that does not fit this version of std is the inner error; the copy
/// is of no use then.
pub(crate) fn apply(library: &Path, traced: bool) -> io::Result<Result<(), Misfit>> {
    let traced_edits = if traced { edits(TRACED_EDITS) } else { Vec::new() };
    for edit in edits(EDITS).into_iter().chain(traced_edits) {
        if let Err(misfit) = edit.make(library)? {
            return Ok(Err(misfit));
        }
    }
    let std = library.join("std");
    FILES.extract(&std)?;
    if traced {
        if let Err(misfit) = keep_wrapped(&TRACED_FILES, &std)? {
            return Ok(Err(misfit));
        }
        TRACED_FILES.extract(&std)?;
    }
    Ok(Ok(()))
}

/// Where one of our files wraps the file of std's that it replaces, that is a module of it.
const WRAPPED: &str = "untraced.rs";

/// Moves the files of std's aside that one of these files wraps.
fn keep_wrapped(files: &Dir<'_>, std: &Path) -> io::Result<Result<(), Misfit>> {
    for file in files.files() {
        if !file.contents_utf8().is_some_and(|text| text.contains(WRAPPED)) {
            continue;
        }
        let original = std.join(file.path());
        if !original.is_file() {
            return Ok(Err(Misfit::missing(
                &Path::new("std").join(file.path()),
                "it is wrapped",
            )));
        }
        std::fs::rename(&original, original.with_file_name(WRAPPED))?;
    }
    for folder in files.dirs() {
        if let Err(misfit) = keep_wrapped(folder, std)? {
            return Ok(Err(misfit));
        }
    }
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_edits_can_be_read_and_say_what_they_are_for() {
        for text in [EDITS, TRACED_EDITS] {
            let edits = edits(text);
            assert!(!edits.is_empty());
            for edit in edits {
                assert!(!edit.why.is_empty(), "{edit:?}");
                assert!(
                    edit.file.ends_with(".rs") || edit.file.ends_with(".toml"),
                    "{edit:?}"
                );
            }
        }
    }
}
