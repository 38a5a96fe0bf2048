//! Cargo requires a build script of every package with a `links` key. This one makes it compile the crate again when a file of the
//! source has come or gone: the feature `source` takes them in, and `include_dir!` alone does not tell it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src");
}
