struct Locks;

#[threadlink::traced]
impl Locks {
    fn new() -> Self {
        mod inner {
            pub static LOCK: std::sync::Mutex<u8> = std::sync::Mutex::new(1);
        }
        drop(inner::LOCK.lock());
        Self
    }
}

fn main() {
    Locks::new();
}
