#[threadlink::main]
fn main<T>() {}
