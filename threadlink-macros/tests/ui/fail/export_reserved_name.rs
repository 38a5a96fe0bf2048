#[threadlink::export]
pub fn thread_start() {}

fn main() {}
