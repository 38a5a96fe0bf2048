use std::sync::Mutex as Lock;

#[threadlink::traced(Lock, Shelf = RwLock)]
struct Locks {
    lock: Lock<u8>,
}

fn main() {}
