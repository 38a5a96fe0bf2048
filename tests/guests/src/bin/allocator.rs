//! The allocator of guests: the argument says what is done with it. The program asks for it, so that it has it over a plain
//! std as well.

// xtask stress: bytes
// xtask stress: storm

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc};
use std::hint::black_box;
use std::sync::{Arc, Barrier, mpsc};

use threadlink::{println, thread};

#[global_allocator]
static ALLOCATOR: threadlink::alloc::Allocator = threadlink::alloc::Allocator;

/// Numbers that are the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

/// Memory that was allocated and filled.
struct Filled {
    memory: *mut u8,
    layout: Layout,
    seed: u8,
}

// SAFETY: memory that its one owner uses.
unsafe impl Send for Filled {}

impl Filled {
    fn new(size: usize, align: usize, zeroed: bool, seed: u8) -> Self {
        let layout = Layout::from_size_align(size, align).expect("a valid layout");
        // SAFETY: the layout has bytes.
        let memory = unsafe {
            if zeroed {
                alloc_zeroed(layout)
            } else {
                alloc(layout)
            }
        };
        assert!(
            !memory.is_null() && memory.addr().is_multiple_of(align),
            "{layout:?}"
        );
        let filled = Self { memory, layout, seed };
        if zeroed {
            assert!(
                (0..size).all(|place| filled.read(place) == 0),
                "{layout:?} is not zero"
            );
        }
        filled.fill(0);
        filled
    }

    fn byte(&self, place: usize) -> u8 {
        (place as u8).wrapping_mul(31).wrapping_add((place >> 8) as u8) ^ self.seed
    }

    fn read(&self, place: usize) -> u8 {
        // SAFETY: a place inside.
        unsafe { self.memory.add(place).read_volatile() }
    }

    fn fill(&self, from: usize) {
        for place in from..self.layout.size() {
            // SAFETY: a place inside.
            unsafe { self.memory.add(place).write_volatile(self.byte(place)) };
        }
    }

    fn check(&self, bytes: usize) {
        for place in 0..bytes {
            assert_eq!(
                self.read(place),
                self.byte(place),
                "byte {place} of {:?}",
                self.layout
            );
        }
    }

    fn resize(&mut self, size: usize) {
        let kept = self.layout.size().min(size);
        // SAFETY: allocated with this layout.
        self.memory = unsafe { realloc(self.memory, self.layout, size) };
        self.layout = Layout::from_size_align(size, self.layout.align()).expect("a valid layout");
        assert!(!self.memory.is_null() && self.memory.addr().is_multiple_of(self.layout.align()));
        self.check(kept);
        self.fill(kept);
    }

    fn free(self) {
        self.check(self.layout.size());
        // SAFETY: allocated with this layout, and freed once.
        unsafe { dealloc(self.memory, self.layout) };
    }
}

/// Threads allocate, resize and free, and give some to each other.
fn bytes() {
    const THREADS: usize = 4;
    const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
    println!("seed {SEED:#x}");
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| mpsc::channel::<Filled>()).unzip();
    let mut workers = Vec::new();
    for (own, receiver) in receivers.into_iter().enumerate() {
        let senders = senders.clone();
        workers.push(thread::spawn(move || {
            let mut numbers = Numbers(SEED ^ (own as u64 + 1));
            let mut live = Vec::new();
            for step in 0..5_000 {
                let size = 1 + numbers.below(if step % 50 == 0 { 20_000 } else { 600 });
                live.push(Filled::new(
                    size,
                    1 << numbers.below(6),
                    step % 7 == 0,
                    step as u8,
                ));
                let which = numbers.below(live.len());
                match numbers.below(3) {
                    0 => live.swap_remove(which).free(),
                    1 => live[which].resize(1 + numbers.below(1200)),
                    _ => {
                        let sent = senders[numbers.below(THREADS)].send(live.swap_remove(which));
                        if let Err(back) = sent {
                            back.0.free();
                        }
                    }
                }
                for filled in receiver.try_iter() {
                    filled.free();
                }
            }
            drop(senders);
            for filled in live.into_iter().chain(receiver.iter()) {
                filled.free();
            }
        }));
    }
    drop(senders);
    for worker in workers {
        worker.join().expect("all bytes are kept");
    }
    for align in (0..=16).map(|shift| 1 << shift) {
        for size in [1, 16, 17, 1024, 1025, 65_536, 5 << 20] {
            Filled::new(size, align, false, 7).free();
        }
    }
    let huge = Layout::from_size_align(isize::MAX as usize - 65_536, 8).expect("a valid layout");
    // SAFETY: the layout has bytes. The compiler leaves out allocations that nobody looks at.
    let too_much = black_box(unsafe { alloc(huge) });
    assert!(too_much.is_null(), "no memory has so much");
    println!("every byte is kept");
}

/// The pages of memory.
#[cfg(target_arch = "wasm32")]
fn pages() -> usize {
    core::arch::wasm32::memory_size(0)
}

/// There are none natively, where this is only compiled.
#[cfg(not(target_arch = "wasm32"))]
fn pages() -> usize {
    0
}

/// Rounds of eight threads at once that allocate in all sizes, each freeing what another has allocated.
fn storm() {
    const AT_ONCE: usize = 8;
    let round = || {
        let all_have = Arc::new(Barrier::new(AT_ONCE));
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..AT_ONCE).map(|_| mpsc::channel()).unzip();
        let mut workers = Vec::new();
        for (own, receiver) in receivers.into_iter().enumerate() {
            let all_have = Arc::clone(&all_have);
            let next = senders[(own + 1) % AT_ONCE].clone();
            workers.push(thread::spawn(move || {
                let all: Vec<Vec<u8>> = (1..1200).map(|size| vec![1; size]).collect();
                next.send(all).expect("the next one is there");
                all_have.wait();
                drop(receiver.recv().expect("the one before has sent"));
            }));
        }
        for worker in workers {
            worker.join().expect("it ends well");
        }
    };
    for _ in 0..20 {
        round();
    }
    let early = pages();
    for _ in 0..200 {
        round();
    }
    println!("pages {early} {}", pages());
    println!("centre {}", threadlink::alloc::counts().centre);
}

/// Frees memory twice.
fn twice() {
    let layout = Layout::new::<[u64; 8]>();
    // SAFETY: this is what is wrong with it: the allocator has to notice.
    unsafe {
        let memory = alloc(layout);
        dealloc(black_box(memory), layout);
        println!("freed");
        dealloc(black_box(memory), layout);
    }
    println!("freed twice");
}

/// Threads that die with something in their caches.
fn died() {
    for _ in 0..3 {
        let before = threadlink::alloc::counts().lost;
        let dead = thread::spawn(|| {
            // Both stay in the thread: what it has is all that it has freed.
            let all: Vec<Vec<u8>> = (1..1024).map(|size| vec![1; size]).collect();
            drop(black_box(all));
            panic!("the end");
        });
        dead.join().expect_err("it has panicked");
        println!("lost {}", threadlink::alloc::counts().lost - before);
    }
}

#[threadlink::main]
fn main() {
    match threadlink::env::args().nth(1).as_deref() {
        Some("bytes") => bytes(),
        Some("storm") => storm(),
        Some("twice") => twice(),
        Some("died") => died(),
        other => panic!("{other:?} is nothing to do"),
    }
}
