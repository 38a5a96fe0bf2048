fn main() {}

#[threadlink::test(timeout = 3)]
fn slow() {}
