#![allow(dead_code)]

use std::sync::Mutex;

#[threadlink::traced]
enum Locks {
    Lock(Mutex<u8>),
}

fn main() {}
