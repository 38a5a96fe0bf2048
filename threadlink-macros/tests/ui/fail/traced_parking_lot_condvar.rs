#[threadlink::traced]
struct Queue {
    items: parking_lot::Mutex<Vec<u8>>,
    filled: parking_lot::Condvar,
}

fn main() {}
