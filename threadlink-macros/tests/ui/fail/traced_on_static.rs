#![allow(dead_code)]

use std::sync::Mutex;

#[threadlink::traced]
static LOCK: Mutex<u8> = Mutex::new(1);

fn main() {}
