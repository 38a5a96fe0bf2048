// A module in a body, and imports of parking_lot's there.
struct Locks(u8);

#[threadlink::traced]
impl Locks {
    fn new() -> Self {
        mod inner {
            pub static LOCK: std::sync::Mutex<u8> = std::sync::Mutex::new(1);
        }
        use parking_lot::Mutex;
        let _: &threadlink::sync::Mutex<u8> = &inner::LOCK;
        let lock: threadlink::mutex::TracingMutex<u8> = Mutex::new(2);
        Self(*inner::LOCK.lock().unwrap() + lock.into_inner())
    }
}

fn main() {
    assert_eq!(Locks::new().0, 3);
}
