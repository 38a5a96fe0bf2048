#[threadlink::traced]
use std::sync::Mutex;

fn main() {
    Mutex::new(1);
}
