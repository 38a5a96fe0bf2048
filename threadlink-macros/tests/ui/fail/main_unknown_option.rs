#[threadlink::main(stack = 5)]
fn main() {}
