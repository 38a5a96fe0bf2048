#[threadlink::traced]
struct Locks {
    lock: parking_lot::Mutex<u8>,
}

fn main() {}
