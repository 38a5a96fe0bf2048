#![no_main]
#![allow(dead_code)]

#[path = "../../../../threadlink-macros/src/emit.rs"]
mod emit;
#[path = "../../../../threadlink-macros/src/entry/mod.rs"]
mod entry;
#[path = "../../../../threadlink-macros/src/errors.rs"]
mod errors;
#[path = "../../../../threadlink-macros/src/options.rs"]
mod options;
#[path = "../../../../threadlink-macros/src/test_attr/mod.rs"]
mod test_attr;
#[path = "../../../../threadlink-macros/src/traced/mod.rs"]
mod traced;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let attributes = [traced::traced, entry::main, entry::export, test_attr::test];
    fuzz::macros::check(&attributes, data);
});
