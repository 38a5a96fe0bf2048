mod tokio {
    pub mod sync {
        pub struct Mutex<T>(pub T);
    }
}

#[threadlink::traced]
struct Locks {
    lock: tokio::sync::Mutex<u8>,
}

fn main() {}
