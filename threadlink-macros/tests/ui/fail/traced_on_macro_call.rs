macro_rules! locks {
    ($lock:ty) => {
        struct Locks($lock);
    };
}

#[threadlink::traced]
locks!(std::sync::Mutex<u8>);

fn main() {}
