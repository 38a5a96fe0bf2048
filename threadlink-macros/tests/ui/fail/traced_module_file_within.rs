#[threadlink::traced]
mod bank {
    use std::sync::Mutex;

    // The condition spares the test a file.
    #[cfg(any())]
    pub mod file;

    pub static LOCK: Mutex<u8> = Mutex::new(1);
}

fn main() {
    drop(bank::LOCK.lock());
}
