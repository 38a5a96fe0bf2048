use parking_lot::RwLock;

#[threadlink::traced]
mod bank {
    use super::RwLock;

    pub static LOCK: RwLock<u8> = RwLock::new(1);
}

fn main() {
    drop(bank::LOCK.read());
    drop(RwLock::new(1));
}
