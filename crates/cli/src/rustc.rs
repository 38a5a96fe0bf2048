//! The binary `threadlink-rustc`, which is called by the names of the tools that it stands in for.

fn main() {
    threadlink_shim::main()
}
