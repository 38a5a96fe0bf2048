#[threadlink::main(stack_size)]
fn main() {}
