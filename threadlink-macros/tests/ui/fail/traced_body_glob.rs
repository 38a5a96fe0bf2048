struct Locks;

#[threadlink::traced]
impl Locks {
    fn new() -> Self {
        use std::sync::*;
        drop(Mutex::new(1));
        Self
    }
}

fn main() {
    Locks::new();
}
