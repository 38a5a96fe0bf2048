use std::sync::RwLock as Lock;

#[threadlink::traced(Lock)]
struct Locks {
    lock: Lock<u8>,
}

fn main() {}
