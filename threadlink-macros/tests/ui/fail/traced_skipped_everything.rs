#[threadlink::traced]
struct Locks {
    #[traced(skip)]
    lock: std::sync::Mutex<u8>,
}

fn main() {}
