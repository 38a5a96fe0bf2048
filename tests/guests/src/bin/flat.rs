//! 100,000 threads, joined one by one or detached with at most eight alive: does memory stay where it was?
//!
//! Prints, after the first 1,000 threads and after all of them, the pages of memory and the bytes that are
//! allocated.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use threadlink::thread;

/// Counts what is allocated.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged; the counter touches no memory of theirs.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract is the system allocator's.
        let pointer = unsafe { System.alloc(layout) };
        if !pointer.is_null() {
            LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        }
        pointer
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's contract is the system allocator's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const THREADS: usize = 100_000;
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

fn report(threads: usize) {
    // Read before anything is formatted, which allocates.
    let (pages, live) = (pages(), LIVE.load(Ordering::Relaxed));
    threadlink::println!("{threads} {pages} {live}");
}

/// A thread-local with a destructor, so that each thread has something to leave behind.
struct Noisy(Vec<u8>);

static DROPPED: AtomicUsize = AtomicUsize::new(0);

impl Drop for Noisy {
    fn drop(&mut self) {
        DROPPED.fetch_add(self.0.len(), Ordering::Relaxed);
    }
}

thread_local! {
    static LOCAL: Noisy = Noisy(vec![1]);
}

fn sequential() {
    for number in 1..=THREADS {
        let length = thread::spawn(|| LOCAL.with(|noisy| noisy.0.len()))
            .join()
            .expect("a thread died");
        assert_eq!(length, 1);
        if number == FIRST || number == THREADS {
            report(number);
        }
    }
}

/// Counts a thread out when it is done.
struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

fn detached() {
    let alive = Arc::new(AtomicUsize::new(0));
    for number in 1..=THREADS {
        while alive.load(Ordering::Acquire) >= ALIVE {
            thread::yield_now();
        }
        alive.fetch_add(1, Ordering::Relaxed);
        let mine = Alive(Arc::clone(&alive));
        drop(thread::spawn(move || LOCAL.with(|_| drop(mine))));
        if number == FIRST || number == THREADS {
            while alive.load(Ordering::Acquire) > 0 {
                thread::yield_now();
            }
            settle();
            report(number);
        }
    }
}

/// Joins threads until those that were detached have been reaped: their last act comes after the closure's end.
fn settle() {
    let mut quiet = 0;
    let mut before = LIVE.load(Ordering::Relaxed);
    while quiet < 200 {
        thread::spawn(|| ()).join().expect("a thread died");
        let now = LIVE.load(Ordering::Relaxed);
        quiet = if now == before { quiet + 1 } else { 0 };
        before = now;
    }
}

#[threadlink::main]
fn main() {
    if threadlink::env::args().any(|argument| argument == "detached") {
        detached();
    } else {
        sequential();
    }
    threadlink::println!("dropped {}", DROPPED.load(Ordering::Relaxed));
}
