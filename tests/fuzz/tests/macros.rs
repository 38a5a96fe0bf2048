//! Our attribute macros with the inputs that were found to do harm once, and some that follow from a seed. The files are
//! those of `threadlink-macros`, which as a crate of macros lets nobody else call its functions.

#![allow(dead_code, unreachable_pub)]

#[path = "../../../threadlink-macros/src/emit.rs"]
mod emit;
#[path = "../../../threadlink-macros/src/entry/mod.rs"]
mod entry;
#[path = "../../../threadlink-macros/src/errors.rs"]
mod errors;
#[path = "../../../threadlink-macros/src/options.rs"]
mod options;
#[path = "../../../threadlink-macros/src/test_attr/mod.rs"]
mod test_attr;
#[path = "../../../threadlink-macros/src/traced/mod.rs"]
mod traced;

use fuzz::macros::Attribute;

const ATTRIBUTES: [Attribute; 5] = [
    traced::traced,
    traced::traced,
    entry::main,
    entry::export,
    test_attr::test,
];

#[test]
fn attributes() {
    fuzz::inputs::all("macros", 4, 2000, |data| fuzz::macros::check(&ATTRIBUTES, data));
}
