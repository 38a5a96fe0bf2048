// An unannotated constructor: the compiler knows how to convert.
use std::sync::Mutex;

#[threadlink::traced]
struct Locks {
    lock: Mutex<u8>,
}

fn main() {
    let _ = Locks { lock: Mutex::new(1) };
}
