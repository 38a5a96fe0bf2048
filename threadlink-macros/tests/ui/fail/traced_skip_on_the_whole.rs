#[threadlink::traced(skip)]
struct Locks {
    lock: std::sync::Mutex<u8>,
}

fn main() {}
