//! Uses each of std's ways to wait, and prints meanwhile: for a look at its trace, in which std's own locks have no place.

// xtask stress:

use std::collections::HashMap;
use std::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, Once, RwLock, mpsc};
use std::thread;

static LAZY: LazyLock<Mutex<HashMap<u32, String>>> = LazyLock::new(|| Mutex::new(HashMap::new()));
static ONCE: Once = Once::new();

fn main() {
    let pair = Arc::new((Mutex::new(0), Condvar::new()));
    let shared = Arc::new(RwLock::new(0));
    let barrier = Arc::new(Barrier::new(4));
    let (sender, receiver) = mpsc::sync_channel(1);
    let threads: Vec<_> = (0..4_u32)
        .map(|number| {
            let (pair, shared, barrier) = (Arc::clone(&pair), Arc::clone(&shared), Arc::clone(&barrier));
            let sender = sender.clone();
            thread::spawn(move || {
                println!("thread {number}");
                ONCE.call_once(|| eprintln!("once"));
                barrier.wait();
                *shared.write().expect("nobody panicked") += *pair.0.lock().expect("nobody panicked");
                LAZY.lock()
                    .expect("nobody panicked")
                    .insert(number, format!("{number}"));
                sender.send(number).expect("somebody listens");
                *pair.0.lock().expect("nobody panicked") += 1;
                pair.1.notify_all();
            })
        })
        .collect();
    drop(sender);
    let sum: u32 = receiver.iter().sum();
    let mut count = pair.0.lock().expect("nobody panicked");
    while *count < 4 {
        count = pair.1.wait(count).expect("nobody panicked");
    }
    drop(count);
    for thread in threads {
        thread.join().expect("it ends well");
    }
    println!("{sum} {}", shared.read().is_ok());
}
