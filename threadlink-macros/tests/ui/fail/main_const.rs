#[threadlink::main]
const fn main() {}
