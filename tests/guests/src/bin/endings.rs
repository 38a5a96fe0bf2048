//! The program ends while other threads run: by main's return, or by an exit from anywhere. Or it never
//! does (`forever`).

use std::sync::{Arc, Barrier};

use threadlink::process;
use threadlink::sync::Mutex;

#[threadlink::main]
fn main() {
    let how = threadlink::env::args().nth(1).unwrap_or_default();
    let started = Arc::new(Barrier::new(4));
    let counter = Arc::new(Mutex::new(0_u64));
    let mut busy = Vec::new();
    for _ in 0..2 {
        let (started, counter) = (Arc::clone(&started), Arc::clone(&counter));
        busy.push(threadlink::spawn(move || {
            started.wait();
            loop {
                *counter.lock().unwrap() += 1;
            }
        }));
    }
    let exits = how == "thread";
    let all = Arc::clone(&started);
    let third = threadlink::spawn(move || {
        all.wait();
        if exits {
            process::exit(7);
        }
    });
    started.wait();
    third.join().unwrap();
    match how.as_str() {
        "main" => process::exit(300),
        "forever" => busy.into_iter().for_each(|thread| drop(thread.join())),
        _ => *counter.lock().unwrap() += 1,
    }
}
