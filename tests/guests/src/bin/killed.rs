//! Locks without end, until it is killed. It says how often it has, line by line: milliseconds since the start, and the rounds of
//! each of two threads, each of which takes a lock of its own and then one that they share. A third thread takes a lock a
//! thousand times, and then only counts.

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use threadlink::sync::Mutex;
use threadlink::thread::{self, Builder};
use threadlink::time::Instant;

static ROUNDS: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

fn count(to: u32) {
    for number in 0..to {
        black_box(number);
    }
}

fn locks_at_times(own: &Mutex<u32>, shared: &Mutex<u32>, rounds: &AtomicU32) {
    loop {
        *own.lock().unwrap() += 1;
        *shared.lock().unwrap() += 1;
        rounds.fetch_add(1, Ordering::Relaxed);
        count(10_000);
    }
}

fn locks_at_first() {
    let lock = Mutex::new(0);
    for _ in 0..1000 {
        *lock.lock().unwrap() += 1;
    }
    loop {
        count(1_000_000);
    }
}

#[threadlink::main]
fn main() {
    static OWN: [Mutex<u32>; 2] = [const { Mutex::new(0) }; 2];
    static SHARED: Mutex<u32> = Mutex::new(0);
    threadlink::println!("here");
    let start = Instant::now();
    Builder::new().name("first".into()).spawn(locks_at_first).unwrap();
    for (own, rounds) in OWN.iter().zip(&ROUNDS) {
        thread::spawn(|| locks_at_times(own, &SHARED, rounds));
    }
    loop {
        thread::sleep(Duration::from_millis(10));
        // First the time: what is counted later was there later.
        let time = start.elapsed().as_millis();
        let [one, two] = ROUNDS.each_ref().map(|rounds| rounds.load(Ordering::Relaxed));
        threadlink::println!("{time} {one} {two}");
    }
}
