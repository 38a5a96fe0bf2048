use std::sync::Mutex as Lock;

#[threadlink::traced(Lock = tokio::sync::Mutex)]
struct Locks {
    lock: Lock<u8>,
}

fn main() {}
