//! Cargo requires a build script of every package with a `links` key; this one has nothing to do.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
