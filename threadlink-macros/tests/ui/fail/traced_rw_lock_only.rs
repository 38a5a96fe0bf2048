#[threadlink::traced]
struct Locks {
    lock: std::sync::RwLock<u8>,
}

fn main() {}
