#![allow(dead_code)]

use std::sync::Mutex;

#[threadlink::traced]
type Lock = Mutex<u8>;

fn main() {}
