mod sync {
    pub struct Mutex(pub u8);
    impl Mutex {
        pub fn new(value: u8) -> Self {
            Self(value)
        }
    }
}

struct Locks;

#[threadlink::traced]
impl Locks {
    fn new() -> Self {
        drop(sync::Mutex::new(1));
        Self
    }
}

fn main() {
    Locks::new();
}
