//! A program that runs out of one thing or another, as its arguments say.

#[path = "exhausted/what.rs"]
mod what;

#[threadlink::main]
fn main() {
    what::run();
}
