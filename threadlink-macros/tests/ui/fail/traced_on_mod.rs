#[threadlink::traced]
mod locks {
    pub static LOCK: std::sync::Mutex<u8> = std::sync::Mutex::new(1);
}

fn main() {}
