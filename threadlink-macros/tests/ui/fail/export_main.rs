#[threadlink::export]
fn main() {}
