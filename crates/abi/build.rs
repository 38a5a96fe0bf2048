//! Makes cargo compile the crate again when a file of the source has come or gone: the feature `source` takes them in, and
//! `include_dir!` alone does not tell it.

fn main() {
    println!("cargo::rerun-if-changed=src");
}
