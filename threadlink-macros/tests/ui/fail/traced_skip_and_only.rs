#[threadlink::traced]
struct Locks {
    #[traced(skip)]
    one: std::sync::Mutex<u8>,
    #[traced(only)]
    other: std::sync::Mutex<u8>,
}

fn main() {}
