//! Calls functions of std's that a guest cannot use, in ways that no attribute can see; and others that only look like it.
//! Built, not run.

use std::collections::HashMap;
use std::sync::Mutex;

/// As a macro of another crate would.
macro_rules! timed {
    ($code:expr) => {{
        let started = std::time::Instant::now();
        let result = $code;
        (result, started)
    }};
}

mod elsewhere {
    pub(super) use std::thread::Builder as Maker;
}

#[inline(never)]
fn takes_the_time(number: u32) -> (u32, std::time::Instant) {
    timed!(number + 1)
}

#[inline(never)]
fn starts_a_thread() -> bool {
    elsewhere::Maker::new().spawn(|| ()).is_ok()
}

#[inline(never)]
fn prints(number: u32) {
    println!("lost: {number}");
}

/// It looks at a clock, as what has no limit does not.
#[inline(never)]
fn waits_until(numbers: &std::sync::mpsc::Receiver<u32>) -> bool {
    numbers.recv_timeout(std::time::Duration::from_secs(1)).is_ok()
}

#[inline(never)]
fn waits(numbers: &std::sync::mpsc::Receiver<u32>) -> u32 {
    numbers.recv().unwrap_or(0)
}

/// Maps, locks and panics of std's work, and have to do with random numbers, threads, variables and streams.
#[inline(never)]
fn is_innocent(text: &str) -> usize {
    let mut words = HashMap::new();
    for word in text.split(' ') {
        *words.entry(word).or_insert(0_usize) += 1;
    }
    let words = Mutex::new(words);
    let guard = words.lock().expect("nobody panicked");
    assert!(!guard.is_empty(), "no words in {text:?}");
    guard.values().sum()
}

#[threadlink::main]
fn main() {
    let number: u32 = is_innocent("a b a").try_into().unwrap_or(0);
    let (sender, numbers) = std::sync::mpsc::channel();
    let _ = sender.send(number);
    prints(number + u32::from(starts_a_thread()) + waits(&numbers) + u32::from(waits_until(&numbers)));
    // The last: an optimised build knows that nothing follows it.
    let _ = takes_the_time(number);
}
