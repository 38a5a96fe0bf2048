use std::sync;

struct Locks;

#[threadlink::traced]
impl Locks {
    fn new() -> Self {
        use sync::*;
        drop(Mutex::new(1));
        Self
    }
}

fn main() {
    Locks::new();
}
