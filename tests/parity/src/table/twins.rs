//! What of std has a twin in threadlink: found by walking through all of std's modules, so that what is kept by hand
//! elsewhere can be held against it.

use std::collections::BTreeSet;

use threadlink_toolchain::Toolchain;

use super::items::{Target, exports};
use super::rustdoc::{self, Docs};
use crate::source::StdSource;

/// The paths below `std::` of all items in whose place guests have one that is threadlink's own, as `thread::spawn`.
///
/// # Errors
/// A sentence for people: rustdoc is missing or fails, or says what is not understood here.
pub fn twins(source: &StdSource, toolchain: &Toolchain) -> Result<BTreeSet<String>, String> {
    let library = rustdoc::library(source, toolchain)?;
    let std = library.last().ok_or("std is missing")?;
    let ours = rustdoc::threadlink(toolchain, rustdoc::Build::Wasm)?;
    let mut found = BTreeSet::new();
    walk([std, &ours], [std.root(), ours.root()], "", &mut found)?;
    Ok(found)
}

/// Notes what two modules have both, and goes on into the modules in them.
fn walk(docs: [&Docs; 2], modules: [u32; 2], path: &str, found: &mut BTreeSet<String>) -> Result<(), String> {
    let [std, ours] = docs;
    let theirs = exports(std, modules[0])?;
    for own in exports(ours, modules[1])? {
        let Target::Here(id) = own.target else { continue };
        let Some(their) = theirs.iter().find(|their| their.name == own.name) else {
            continue;
        };
        let item = format!("{path}{}", own.name);
        let is_module = |docs: &Docs, id| docs.item(id).is_some_and(|item| item.of("module").is_some());
        match their.target {
            Target::Here(their) if is_module(ours, id) && is_module(std, their) => {
                walk(docs, [their, id], &format!("{item}::"), found)?;
            }
            _ => {
                found.insert(item);
            }
        }
    }
    Ok(())
}
