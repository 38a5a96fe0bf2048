#[threadlink::main]
unsafe fn main() {}
