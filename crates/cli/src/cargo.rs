//! The binary `cargo-threadlink`: what `cargo threadlink` runs.

fn main() {
    threadlink_cli::cargo_main()
}
