//! Makes cargo compile the crate again when a file in `patch` has come, gone or changed: `include_dir!` alone does not tell it.

fn main() {
    println!("cargo::rerun-if-changed=patch");
}
