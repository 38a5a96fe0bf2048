mod parking_lot {
    pub struct Mutex<T>(pub T);
}

#[threadlink::traced]
struct Locks {
    lock: parking_lot::Mutex<u8>,
}

fn main() {}
