//! How long threads and locks take: the first argument says what, the second how many there are in a batch, the third how many
//! batches there are. Prints the nanoseconds of each batch: clocks of pages are too coarse for one alone.

use threadlink::sync::{Arc, Barrier, Mutex};
use threadlink::thread;
use threadlink::time::Instant;

/// A thread that does nothing, and its end.
fn spawn() {
    thread::spawn(|| ()).join().unwrap();
}

/// So many threads, which all have to be there before any of them goes on, and their ends.
fn at_once(count: usize) {
    let barrier = Arc::new(Barrier::new(count));
    let threads: Vec<_> = (0..count)
        .map(|_| {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || barrier.wait().is_leader())
        })
        .collect();
    let leaders = threads.into_iter().map(|thread| thread.join().unwrap());
    assert_eq!(leaders.filter(|leads| *leads).count(), 1);
}

#[threadlink::main]
fn main() {
    let words: Vec<String> = threadlink::env::args().skip(1).collect();
    let [what, count, batches] = words.as_slice() else {
        panic!("paces WHAT COUNT BATCHES")
    };
    let [count, batches]: [usize; 2] = [count, batches].map(|word| word.parse().expect("a number"));
    let lock = Mutex::new(0);
    let batch = || match what.as_str() {
        "spawn" => (0..count).for_each(|_| spawn()),
        "lock" => (0..count).for_each(|_| *lock.lock().unwrap() += 1),
        "at-once" => at_once(count),
        _ => panic!("no such pace: {what}"),
    };
    for _ in 0..batches {
        let started = Instant::now();
        batch();
        let taken = started.elapsed();
        threadlink::println!("{}", taken.as_nanos());
    }
}
