//! Threads that wait for each other, in a program that knows nothing of tracing; the argument says for what.

// xtask standstill: mutexes
// xtask standstill: channels

use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread::Builder;

fn mutexes() {
    let left = Arc::new(Mutex::new(0));
    let right = Arc::new(Mutex::new(0));
    let both = Arc::new(Barrier::new(2));
    let start = |name: &str, first: &Arc<Mutex<i32>>, second: &Arc<Mutex<i32>>| {
        let (first, second, both) = (Arc::clone(first), Arc::clone(second), Arc::clone(&both));
        let body = move || {
            let mut first = first.lock().expect("nobody panicked"); // takes its first
            both.wait();
            let second = second.lock().expect("nobody panicked"); // wants its second
            *first += *second;
        };
        Builder::new()
            .name(name.to_owned())
            .spawn(body)
            .expect("there is room")
    };
    let threads = [start("lefty", &left, &right), start("righty", &right, &left)];
    for thread in threads {
        thread.join().expect("it ends well"); // main joins
    }
}

fn channels() {
    let (to_left, left) = mpsc::channel::<()>();
    let (to_right, right) = mpsc::channel::<()>();
    let lefty = Builder::new().name("lefty".to_owned()).spawn(move || {
        let got = left.recv(); // lefty waits
        to_right.send(()).expect("somebody listens");
        got
    });
    let righty = Builder::new().name("righty".to_owned()).spawn(move || {
        let got = right.recv(); // righty waits
        to_left.send(()).expect("somebody listens");
        got
    });
    for thread in [lefty, righty] {
        let _ = thread.expect("there is room").join();
    }
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("mutexes") => mutexes(),
        Some("channels") => channels(),
        other => panic!("no such case: {other:?}"),
    }
}
