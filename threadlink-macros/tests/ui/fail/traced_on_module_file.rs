#[threadlink::traced]
mod file;

fn main() {}
