mod other {
    pub mod sync {
        pub struct Mutex<T>(pub T);
    }
}

use other::sync;

#[threadlink::traced]
struct Locks {
    lock: std::sync::Arc<sync::Mutex<u8>>,
}

fn main() {}
