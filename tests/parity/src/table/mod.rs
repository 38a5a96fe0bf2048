//! The table of `docs/std-parity.md`: std's items, and what has become of each in threadlink.
//!
//! `tree.rs` reads modules (`syntax.rs` and `expand.rs` help it with what is not plain Rust), `cfg.rs` decides which of their items exist, `resolve.rs` follows `use`, `stability.rs`
//! reads std's attributes. `items.rs` makes a list of items of a module from that, with a canonical signature each
//! (`canon.rs`). `compare.rs` puts the two lists side by side, `notes.rs` is what people have to say on differences,
//! and `document.rs` writes all of it down.

mod canon;
mod cfg;
mod compare;
mod document;
mod expand;
mod items;
mod notes;
mod resolve;
mod stability;
mod syntax;

mod tree;

pub use compare::{Row, Status, Table};
pub use document::{as_of, made_with, render};
pub use notes::Notes;

use std::path::Path;

use syn::ItemUse;

use crate::source::{StdSource, workspace};

/// The modules of std that are compared. A macro of the crate's root belongs to the module that its source is in.
pub const MODULES: [&str; 4] = ["thread", "sync", "sync::mpsc", "time"];

/// Where the document is, from the root of the workspace.
pub const DOCUMENT: &str = "docs/std-parity.md";

/// Where the notes are, from the root of the workspace.
pub const NOTES: &str = "tests/parity/notes.toml";

/// Reads std, threadlink and the notes, and compares them.
///
/// # Errors
/// A sentence for people: a file that cannot be read or parsed.
pub fn build(source: &StdSource) -> Result<Table, String> {
    let notes = Notes::read(&workspace().join(NOTES))?;
    Table::new(source, &workspace().join("threadlink/src/lib.rs"), &notes)
}

/// Reads a file.
///
/// # Errors
/// A sentence that names it.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// The names that a `use` brings in (none: all names), each with the path that it stands for.
pub(crate) fn resolve_imports(item: &ItemUse) -> Vec<(Option<String>, Vec<String>)> {
    resolve::imports(item)
        .into_iter()
        .map(|import| (import.name, import.path))
        .collect()
}
