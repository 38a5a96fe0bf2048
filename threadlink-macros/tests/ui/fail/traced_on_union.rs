#![allow(dead_code)]

use std::sync::Mutex;

#[threadlink::traced]
union Locks {
    lock: std::mem::ManuallyDrop<Mutex<u8>>,
}

fn main() {}
