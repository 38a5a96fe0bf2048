mod prelude {
    pub use parking_lot::Mutex;
}

#[threadlink::traced]
mod bank {
    use super::prelude::*;

    pub static LOCK: Mutex<u8> = Mutex::new(1);
}

fn main() {
    drop(bank::LOCK.lock());
}
