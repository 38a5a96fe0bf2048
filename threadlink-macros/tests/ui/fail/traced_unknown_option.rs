#[threadlink::traced(threads)]
struct Locks {
    lock: std::sync::Mutex<u8>,
}

fn main() {}
