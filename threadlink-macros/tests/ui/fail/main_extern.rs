#[threadlink::main]
extern "C" fn main() {}
