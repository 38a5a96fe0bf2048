//! Every byte: what is allocated is filled with a pattern of its own, and looked at before it is freed.

use std::alloc::Layout;
use std::sync::mpsc;

use proptest::prelude::*;

use super::{TestHeap, heap, on_thread};

/// Memory that was allocated and filled.
struct Filled {
    address: usize,
    layout: Layout,
    seed: u8,
}

impl Filled {
    fn new(heap: &'static TestHeap, layout: Layout, zeroed: bool, seed: u8) -> Self {
        // SAFETY: all layouts here have bytes.
        let memory = unsafe {
            if zeroed {
                heap.alloc_zeroed(layout)
            } else {
                heap.alloc(layout)
            }
        };
        assert!(!memory.is_null());
        assert!(memory.addr().is_multiple_of(layout.align()), "{layout:?}");
        if zeroed {
            // SAFETY: memory of this size.
            let bytes = unsafe { std::slice::from_raw_parts(memory, layout.size()) };
            assert!(bytes.iter().all(|byte| *byte == 0));
        }
        let filled = Self {
            address: memory.expose_provenance(),
            layout,
            seed,
        };
        filled.fill(0);
        filled
    }

    fn memory(&self) -> *mut u8 {
        std::ptr::with_exposed_provenance_mut(self.address)
    }

    fn byte(&self, place: usize) -> u8 {
        (place as u8).wrapping_mul(31).wrapping_add((place >> 8) as u8) ^ self.seed
    }

    fn fill(&self, from: usize) {
        for place in from..self.layout.size() {
            // SAFETY: inside.
            unsafe { self.memory().add(place).write(self.byte(place)) };
        }
    }

    fn check(&self, bytes: usize) {
        for place in 0..bytes {
            // SAFETY: inside, and filled.
            let byte = unsafe { self.memory().add(place).read() };
            assert_eq!(byte, self.byte(place), "byte {place} of {:?}", self.layout);
        }
    }

    fn resize(&mut self, heap: &'static TestHeap, size: usize) {
        let before = self.layout.size();
        // SAFETY: allocated with this layout.
        let moved = unsafe { heap.realloc(self.memory(), self.layout, size) };
        assert!(!moved.is_null());
        self.address = moved.expose_provenance();
        self.layout = Layout::from_size_align(size, self.layout.align()).expect("a valid layout");
        assert!(
            moved.addr().is_multiple_of(self.layout.align()),
            "{:?}",
            self.layout
        );
        self.check(before.min(size));
        self.fill(before.min(size));
    }

    fn free(self, heap: &'static TestHeap) {
        self.check(self.layout.size());
        // SAFETY: allocated with this layout, and freed once.
        unsafe { heap.dealloc(self.memory(), self.layout) };
    }
}

#[derive(Debug, Clone)]
enum Step {
    Alloc {
        size: usize,
        align: u32,
        zeroed: bool,
    },
    Resize {
        which: usize,
        size: usize,
    },
    Free {
        which: usize,
    },
    /// The rest is done by another thread.
    Hand,
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![8 => 1_usize..200, 4 => 200_usize..1100, 1 => 1100_usize..9_000]
}

fn step() -> impl Strategy<Value = Step> {
    let align = prop_oneof![8 => 0_u32..4, 1 => 4_u32..17];
    prop_oneof![
        10 => (size(), align, any::<bool>()).prop_map(|(size, align, zeroed)| Step::Alloc { size, align, zeroed }),
        4 => (any::<usize>(), size()).prop_map(|(which, size)| Step::Resize { which, size }),
        8 => any::<usize>().prop_map(|which| Step::Free { which }),
        1 => Just(Step::Hand),
    ]
}

fn play(heap: &'static TestHeap, steps: &[Step], mut live: Vec<Filled>) {
    for (number, step) in steps.iter().enumerate() {
        match *step {
            Step::Alloc { size, align, zeroed } => {
                let layout = Layout::from_size_align(size, 1 << align).expect("a valid layout");
                live.push(Filled::new(heap, layout, zeroed, number as u8));
            }
            Step::Resize { which, size } if !live.is_empty() => {
                let which = which % live.len();
                live[which].resize(heap, size);
            }
            Step::Free { which } if !live.is_empty() => {
                let which = which % live.len();
                live.swap_remove(which).free(heap);
            }
            Step::Hand => return on_thread(|| play(heap, &steps[number + 1..], live)),
            Step::Resize { .. } | Step::Free { .. } => {}
        }
    }
    for filled in live {
        filled.free(heap);
    }
}

proptest! {
    #[test]
    fn every_byte_is_kept_and_all_comes_back(steps in proptest::collection::vec(step(), 1..300)) {
        let heap = heap(usize::MAX);
        on_thread(|| play(heap, &steps, Vec::new()));
        // What is left are caches and what is in them.
        let counts = heap.counts();
        prop_assert_eq!(counts.caches, counts.pooled);
        on_thread(|| heap.give_all_back());
        prop_assert_eq!(heap.below_bytes(), 0);
    }
}

/// A generator of numbers that are the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }
}

#[test]
fn every_byte_is_kept_where_threads_free_what_others_allocate() {
    const THREADS: usize = 4;
    let heap = heap(usize::MAX);
    let seed = 0x9e37_79b9_7f4a_7c15_u64;
    println!("seed {seed:#x}");
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| mpsc::channel::<Filled>()).unzip();
    std::thread::scope(|scope| {
        for (own, receiver) in receivers.into_iter().enumerate() {
            let senders = senders.clone();
            scope.spawn(move || {
                on_thread(move || {
                    let mut numbers = Numbers(seed ^ (own as u64 + 1));
                    let mut live = Vec::new();
                    for step in 0..20_000 {
                        let size = 1 + numbers.next(if step % 50 == 0 { 20_000 } else { 600 });
                        let layout =
                            Layout::from_size_align(size, 1 << numbers.next(6)).expect("a valid layout");
                        live.push(Filled::new(heap, layout, step % 7 == 0, step as u8));
                        let which = numbers.next(live.len());
                        match numbers.next(3) {
                            0 => live.swap_remove(which).free(heap),
                            1 => live[which].resize(heap, 1 + numbers.next(1200)),
                            // Who has ended already takes nothing: what was sent comes back.
                            _ => {
                                let filled = live.swap_remove(which);
                                if let Err(back) = senders[numbers.next(THREADS)].send(filled) {
                                    back.0.free(heap);
                                }
                            }
                        }
                        for filled in receiver.try_iter() {
                            filled.free(heap);
                        }
                    }
                    drop(senders);
                    for filled in live.into_iter().chain(receiver.iter()) {
                        filled.free(heap);
                    }
                });
            });
        }
        drop(senders);
    });
    on_thread(|| heap.give_all_back());
    assert_eq!(heap.below_bytes(), 0);
}
