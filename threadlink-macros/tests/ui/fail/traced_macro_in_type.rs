use std::sync::Mutex;

macro_rules! shared {
    ($ty:ty) => {
        std::sync::Arc<$ty>
    };
}

#[threadlink::traced]
struct Locks {
    lock: shared!(Mutex<u8>),
}

fn main() {}
