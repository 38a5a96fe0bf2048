#[threadlink::traced]
struct Locks {
    lock: Mutex<u8>,
}

fn main() {}
