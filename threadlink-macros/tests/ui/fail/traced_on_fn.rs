#![allow(dead_code)]

use std::sync::Mutex;

#[threadlink::traced]
fn locks() -> Mutex<u8> {
    Mutex::new(1)
}

fn main() {}
