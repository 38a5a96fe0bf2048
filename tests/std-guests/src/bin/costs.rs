//! `costs NAME COUNT`: work on one thread, of which `cargo xtask explore-table --cost` tells what points add to it. Without
//! arguments it lists what there is, with a count that takes about a second.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Mutex, RwLock, mpsc};

/// A name, a count, and what is done so often.
type Work = (&'static str, u32, fn(u32));

const WORK: &[Work] = &[
    ("`Mutex::lock`", 60_000_000, lock),
    ("`RwLock::read`", 60_000_000, read),
    ("a message through `mpsc::channel`", 20_000_000, message),
    ("sort (no points in it)", 250, sort),
    ("`HashMap` (no points in it)", 40_000_000, map),
    ("`fetch_add` and nothing else", 200_000_000, add),
    ("an atomic load and nothing else", 1_500_000_000, load),
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(wanted) = arguments.next() else {
        for (name, count, _) in WORK {
            println!("{count} {name}");
        }
        return;
    };
    let count = arguments.next().expect("a count");
    let count = count.parse().expect("the count is a number");
    let (.., work) = WORK
        .iter()
        .find(|(name, ..)| *name == wanted)
        .expect("there is such work");
    work(count);
}

fn lock(count: u32) {
    let number = Mutex::new(0_u32);
    for add in 0..count {
        let mut number = number.lock().expect("nobody panics with it");
        *number = number.wrapping_add(black_box(add));
    }
    black_box(&number);
}

fn read(count: u32) {
    let number = RwLock::new(1_u32);
    let mut sum = 0_u32;
    for _ in 0..count {
        sum = sum.wrapping_add(*black_box(&number).read().expect("nobody panics with it"));
    }
    black_box(sum);
}

fn message(count: u32) {
    let (sender, receiver) = mpsc::channel();
    for number in 0..count {
        sender.send(number).expect("it is received");
        assert_eq!(receiver.recv(), Ok(number));
    }
}

/// 50,000 numbers each time.
fn sort(count: u32) {
    let mut state = 1_u64;
    for _ in 0..count {
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state >> 33
        };
        let mut values: Vec<u64> = (0..50_000).map(|_| next()).collect();
        values.sort_unstable();
        black_box(&values);
    }
}

fn map(count: u32) {
    let mut map = HashMap::new();
    for number in 0..count {
        *map.entry(number.wrapping_mul(2_654_435_761) % 4_096)
            .or_insert(0_u32) += 1;
    }
    black_box(&map);
}

fn add(count: u32) {
    let number = AtomicU32::new(0);
    for _ in 0..count {
        number.fetch_add(1, SeqCst);
    }
    black_box(&number);
}

fn load(count: u32) {
    let number = AtomicU32::new(1);
    let number = black_box(&number);
    let mut sum = 0_u32;
    for _ in 0..count {
        sum = sum.wrapping_add(number.load(SeqCst));
    }
    black_box(sum);
}
