#[threadlink::main(stack_size = 65536, stack_size = 65536)]
fn main() {}
