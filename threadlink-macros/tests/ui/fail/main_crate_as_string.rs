#[threadlink::main(crate = "threadlink")]
fn main() {}
