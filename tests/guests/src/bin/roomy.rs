//! The program `exhausted`, linked with another size of stack and of memory than the usual: see the build script.

#[path = "exhausted/what.rs"]
mod what;

#[threadlink::main]
fn main() {
    what::run();
}
