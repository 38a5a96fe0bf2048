use std::sync::Mutex;

trait Guarded {
    fn lock(&self) -> &Mutex<u8>;
}

struct Locks(threadlink::sync::Mutex<u8>);

#[threadlink::traced]
impl Guarded for Locks {
    fn lock(&self) -> &Mutex<u8> {
        &self.0
    }
}

fn main() {
    drop(Locks(threadlink::sync::Mutex::new(1)).lock());
}
