const SIZE: i64 = 1 << 20;

#[threadlink::main(stack_size = SIZE)]
fn main() {}
