use std::sync::{self, Mutex};

#[threadlink::traced]
struct Locks {
    bare: Mutex<u8>,
    module: sync::Mutex<u8>,
    whole: std::sync::Mutex<u8>,
    global: ::std::sync::Mutex<u8>,
}

fn main() {
    let it: threadlink::sync::Mutex<u8> = threadlink::sync::Mutex::new(1);
    let locks = Locks { bare: it, module: 2.into(), whole: 3.into(), global: 4.into() };
    for lock in [&locks.bare, &locks.module, &locks.whole, &locks.global] {
        drop(lock.lock().unwrap());
    }
}
