#[threadlink::main(stack_size = "1 MiB")]
fn main() {}
