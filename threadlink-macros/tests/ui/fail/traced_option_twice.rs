#[threadlink::traced(thread, thread)]
struct Locks {
    lock: std::sync::Mutex<u8>,
}

fn main() {}
