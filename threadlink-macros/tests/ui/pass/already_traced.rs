// What is threadlink's already stays so.
use threadlink::sync::Mutex;

#[threadlink::traced]
struct Locks {
    lock: Mutex<u8>,
}

#[threadlink::traced]
impl Locks {
    fn new() -> Self {
        Self { lock: Mutex::new(1) }
    }
}

fn main() {
    assert_eq!(*Locks::new().lock.lock().unwrap(), 1);
}
