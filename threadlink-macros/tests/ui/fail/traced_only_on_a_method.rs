struct Locks;

#[threadlink::traced]
impl Locks {
    #[traced(only)]
    pub fn lock() -> std::sync::Mutex<u8> {
        std::sync::Mutex::new(1)
    }
}

fn main() {
    Locks::lock();
}
