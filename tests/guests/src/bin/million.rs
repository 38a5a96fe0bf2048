//! 1,000,000 short threads that each take a contended lock once, at most eight of them alive: is memory where it was?
//!
//! The argument says whether they are joined or detached, another one how many there are if not a million. Prints, after the
//! first 10,000 threads and after all of them, the pages of memory and the bytes that are allocated. The lock is contended by design: some threads give their turn
//! away while they hold it, so that others have to wait, in parking_lot_core's table of waiting threads. Before the first
//! report, as many threads as will ever be alive wait at once, so that all that depends on their number is allocated.

// xtask stress: joined 100000
// xtask stress: detached 100000

#[path = "million/counting.rs"]
mod counting;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use threadlink::sync::Mutex;
use threadlink::thread::{self, JoinHandle};

use crate::counting::{live, pages};

const THREADS: usize = 1_000_000;
const FIRST: usize = 10_000;
const ALIVE: usize = 8;
/// One in so many threads gives its turn away with the lock held.
const SLOW: usize = 8;

static TOTAL: Mutex<usize> = Mutex::new(0);
static ENDED: AtomicUsize = AtomicUsize::new(0);
static WAITED: AtomicUsize = AtomicUsize::new(0);

fn work() {
    let mut total = TOTAL.try_lock().unwrap_or_else(|_| {
        WAITED.fetch_add(1, Ordering::Relaxed);
        TOTAL.lock().unwrap()
    });
    *total += 1;
    if total.is_multiple_of(SLOW) {
        thread::yield_now();
    }
    drop(total);
    ENDED.fetch_add(1, Ordering::Release);
}

/// Threads that all wait for the lock at once, a few times.
fn warm_up() {
    for _ in 0..50 {
        let held = TOTAL.lock().unwrap();
        let before = WAITED.load(Ordering::Relaxed);
        let waiting: Vec<_> = (0..=ALIVE).map(|_| thread::spawn(work)).collect();
        while WAITED.load(Ordering::Relaxed) <= before + ALIVE {
            thread::yield_now();
        }
        // They have found the lock held; this is for them to stop spinning and to wait.
        thread::sleep(Duration::from_millis(1));
        drop(held);
        for thread in waiting {
            thread.join().expect("a thread died");
        }
    }
    *TOTAL.lock().unwrap() = 0;
    ENDED.store(0, Ordering::Relaxed);
    WAITED.store(0, Ordering::Relaxed);
}

/// The numbers after so many threads, when none of them is alive.
fn report(threads: usize) {
    settle();
    // Read before anything is formatted, which allocates.
    let (pages, live) = (pages(), live());
    threadlink::println!("{threads} {pages} {live}");
}

/// Joins threads until what detached ones leave has been taken back: their last act comes after the closure's end.
fn settle() {
    let mut quiet = 0;
    let mut before = live();
    while quiet < 200 {
        thread::spawn(|| ()).join().expect("a thread died");
        let now = live();
        quiet = if now == before { quiet + 1 } else { 0 };
        before = now;
    }
}

fn joined(threads: usize) {
    let mut alive: VecDeque<JoinHandle<()>> = VecDeque::with_capacity(ALIVE);
    for number in 1..=threads {
        if alive.len() == ALIVE {
            alive.pop_front().expect("full").join().expect("a thread died");
        }
        alive.push_back(thread::spawn(work));
        if number == FIRST || number == threads {
            for thread in alive.drain(..) {
                thread.join().expect("a thread died");
            }
            report(number);
        }
    }
}

fn detached(threads: usize) {
    for number in 1..=threads {
        while number - ENDED.load(Ordering::Acquire) > ALIVE {
            thread::yield_now();
        }
        drop(thread::spawn(work));
        if number == FIRST || number == threads {
            while ENDED.load(Ordering::Acquire) < number {
                thread::yield_now();
            }
            report(number);
        }
    }
}

#[threadlink::main]
fn main() {
    warm_up();
    let words: Vec<String> = threadlink::env::args().skip(1).collect();
    let threads = words
        .get(1)
        .map_or(THREADS, |word| word.parse().expect("a number"));
    match words.first().map(String::as_str) {
        Some("joined") => joined(threads),
        Some("detached") => detached(threads),
        other => panic!("{other:?} is nothing that this program does"),
    }
    let total = *TOTAL.lock().unwrap();
    assert_eq!(total, threads);
    threadlink::println!("waited {}", WAITED.load(Ordering::Relaxed));
}
