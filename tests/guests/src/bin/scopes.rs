//! Scoped threads: a million of them in one scope (`flat`), one that dies (`panic`, `trap`), and one that waits for
//! the scope's own thread (`deadlock`). The second argument says what becomes of the handles.

// xtask stress: flat joined
// xtask stress: flat dropped
// xtask standstill: deadlock

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use threadlink::sync::Mutex;
use threadlink::thread::{self, Builder};

const THREADS: usize = 1_000_000;
const FIRST: usize = 1_000;
const ALIVE: usize = 8;

#[cfg(target_arch = "wasm32")]
fn pages() -> usize {
    core::arch::wasm32::memory_size(0)
}

#[cfg(not(target_arch = "wasm32"))]
fn pages() -> usize {
    0
}

fn flat(handle: &str) {
    let alive = AtomicUsize::new(0);
    let ran = AtomicUsize::new(0);
    thread::scope(|s| {
        let mut held = VecDeque::new();
        for number in 1..=THREADS {
            while alive.load(Ordering::Acquire) >= ALIVE {
                thread::yield_now();
            }
            alive.fetch_add(1, Ordering::Relaxed);
            let worker = s.spawn(|| {
                ran.fetch_add(1, Ordering::Relaxed);
                alive.fetch_sub(1, Ordering::Release);
            });
            if handle == "joined" {
                held.push_back(worker);
                if held.len() == ALIVE {
                    let oldest = held.pop_front().expect("one was just put in");
                    oldest.join().expect("a thread died");
                }
            }
            if number == FIRST || number == THREADS {
                threadlink::println!("{}", pages());
            }
        }
    });
    assert_eq!(ran.into_inner(), THREADS);
}

#[inline(never)]
fn die(how: &str, data: &mut Vec<i32>) {
    data.push(1);
    if how == "panic" {
        panic!("out of sorts");
    }
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    std::process::abort();
}

fn message(payload: &(dyn std::any::Any + Send)) -> &str {
    payload.downcast_ref::<&str>().copied().unwrap_or("no text")
}

fn one_dies(how: &str, handle: &str) {
    let mut data = Vec::new();
    let scope = catch_unwind(AssertUnwindSafe(|| {
        thread::scope(|s| {
            let worker = Builder::new()
                .name("borrower".into())
                .spawn_scoped(s, || die(how, &mut data))
                .expect("no thread");
            match handle {
                "joined" => match worker.join() {
                    Ok(()) => threadlink::println!("it lived"),
                    Err(payload) => threadlink::println!("joined: {}", message(&*payload)),
                },
                "dropped" => drop(worker),
                _ => std::mem::forget(worker),
            }
        });
    }));
    match scope {
        Ok(()) => threadlink::println!("the scope returned"),
        Err(payload) => threadlink::println!("the scope panicked: {}", message(&*payload)),
    }
}

fn deadlock() {
    let lock = Mutex::new(());
    let guard = lock.lock().unwrap();
    thread::scope(|s| {
        let worker = Builder::new()
            .name("borrower".into())
            .spawn_scoped(s, || drop(lock.lock()))
            .expect("no thread");
        drop(worker);
    });
    drop(guard);
}

#[threadlink::main]
fn main() {
    let args: Vec<String> = threadlink::env::args().collect();
    let word = |index: usize| args.get(index).map_or("", String::as_str);
    match word(1) {
        "flat" => flat(word(2)),
        "deadlock" => deadlock(),
        how => one_dies(how, word(2)),
    }
}
