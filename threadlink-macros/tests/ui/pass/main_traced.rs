// Both attributes on one function, in either order.
use std::sync::{Arc, Mutex};
use std::thread;

mod program {
    use super::{Arc, Mutex, thread};

    #[threadlink::traced(std)]
    pub fn run() {
        let total = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&total);
        thread::spawn(move || *theirs.lock().unwrap() += 1).join().unwrap();
        let _: &threadlink::sync::Mutex<i32> = &total;
        println!("{}", total.lock().unwrap());
    }
}

#[threadlink::main]
#[threadlink::traced(std)]
fn main() {
    program::run();
    let lock = Mutex::new(1);
    let _: &threadlink::sync::Mutex<u8> = &lock;
    println!("{}", lock.lock().unwrap());
}
