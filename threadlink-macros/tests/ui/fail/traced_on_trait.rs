#![allow(dead_code)]

use std::sync::Mutex;

#[threadlink::traced]
trait Locks {
    fn lock(&self) -> &Mutex<u8>;
}

fn main() {}
