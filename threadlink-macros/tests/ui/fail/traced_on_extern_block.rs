#[threadlink::traced]
unsafe extern "C" {
    fn lock(lock: &std::sync::Mutex<u8>);
}

fn main() {}
