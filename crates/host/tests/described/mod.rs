//! What hand-written modules have in common that say they are ours: a descriptor, and control blocks.

#![allow(dead_code, reason = "each test uses its part")]

use threadlink_abi::layout::{block, descriptor};

/// Where the descriptor is, the main thread's control block, and one for other threads.
pub(crate) const DESCRIPTOR: u32 = 256;
pub(crate) const MAIN: u32 = 512;
pub(crate) const BLOCK: u32 = 1024;

/// The instruction that stores a word.
pub(crate) fn store(at: u32, value: u32) -> String {
    format!("(i32.store (i32.const {at}) (i32.const {value}))")
}

/// Instructions that make a descriptor of this version and with these flags, and the control block that it names.
pub(crate) fn descriptor(version: u32, flags: u32, main: u32) -> String {
    [
        store(DESCRIPTOR + descriptor::MAGIC, descriptor::MAGIC_VALUE),
        store(DESCRIPTOR + descriptor::VERSION, version),
        store(DESCRIPTOR + descriptor::MAIN_BLOCK, main),
        store(DESCRIPTOR + descriptor::FLAGS, flags),
        store(main + block::MAGIC, block::MAGIC_VALUE),
    ]
    .concat()
}

/// The parts of a module that has all three from its start on, with these flags and after `more` instructions: to be put after
/// its imports.
pub(crate) fn described(flags: u32, more: &str) -> String {
    let words =
        descriptor(descriptor::VERSION_VALUE, flags, MAIN) + &store(BLOCK + block::MAGIC, block::MAGIC_VALUE);
    format!(
        r#"(global (export "__threadlink_descriptor") i32 (i32.const {DESCRIPTOR}))
        (func $words {words} {more})
        (start $words)"#
    )
}
