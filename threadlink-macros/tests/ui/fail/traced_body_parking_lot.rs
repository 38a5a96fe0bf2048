use parking_lot::Mutex;

struct Locks(u8);

#[threadlink::traced]
impl Locks {
    fn new() -> Self {
        Self(*Mutex::new(1).lock().unwrap())
    }
}

fn main() {
    Locks::new();
}
