//! The binary `threadlink`.

fn main() {
    threadlink_cli::main()
}
