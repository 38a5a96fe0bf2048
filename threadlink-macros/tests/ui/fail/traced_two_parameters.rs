use parking_lot::{RawMutex, lock_api::Mutex};

#[threadlink::traced]
struct Locks {
    lock: Mutex<RawMutex, u8>,
}

fn main() {}
