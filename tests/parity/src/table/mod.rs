//! The table of `docs/std-parity.md`: std's items, and what has become of each in threadlink.
//!
//! `rustdoc.rs` has rustdoc say what is in a crate. `items.rs` reads a module's items from that, with a canonical
//! signature each (`shape.rs`) and what people call them (`label.rs`); `stability.rs` reads std's attributes.
//! `standard.rs` lists what std has, `own.rs` finds what threadlink has in its place, `compare.rs` puts the two side
//! by side; `twins.rs` finds all of std's items, in whatever module, that have a twin. `notes.rs` is what people have to say on differences, and `document.rs` writes all of it down.

mod compare;
mod document;
mod items;
mod label;
mod notes;
mod own;
mod rustdoc;
mod shape;
mod stability;
mod standard;
mod twins;

pub use compare::{Row, Status, Table};
pub use document::{as_of, made_with, render};
pub use notes::Notes;
pub use twins::twins;

use threadlink_toolchain::Toolchain;

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
/// A sentence for people: rustdoc is missing or fails, or says what is not understood here.
pub fn build(source: &StdSource, toolchain: &Toolchain) -> Result<Table, String> {
    let notes = Notes::read(&workspace().join(NOTES))?;
    let std = rustdoc::library(source, toolchain)?;
    let wasm = rustdoc::threadlink(toolchain, rustdoc::Build::Wasm)?;
    let native = rustdoc::threadlink(toolchain, rustdoc::Build::Native)?;
    Table::new(source.version, &std, [&wasm, &native], &notes)
}
