//! What is kept at most.

use std::alloc::Layout;
use std::sync::{Barrier, Mutex};

use super::super::{Bounds, LARGEST};
use super::{SLOT, TestHeap, ThreadCache, heap, on_thread};

/// Bytes of a cache itself.
const CACHE: usize = size_of::<ThreadCache>();

/// Allocates `each` bytes in every size.
fn fill(heap: &'static TestHeap, each: usize) -> Vec<(usize, Layout)> {
    (16..=LARGEST)
        .step_by(16)
        .flat_map(|size| fill_size(heap, size, each))
        .collect()
}

fn fill_size(heap: &'static TestHeap, size: usize, bytes: usize) -> Vec<(usize, Layout)> {
    let layout = Layout::from_size_align(size, 8).expect("a valid layout");
    let one = |_| {
        // SAFETY: the layout has bytes.
        let memory = unsafe { heap.alloc(layout) };
        assert!(!memory.is_null());
        (memory.expose_provenance(), layout)
    };
    (0..bytes.div_ceil(size)).map(one).collect()
}

/// Bytes in the cache of the thread that calls.
fn kept() -> usize {
    // SAFETY: the thread's own cache, if it has one.
    unsafe { SLOT.get().as_ref() }.map_or(0, ThreadCache::total)
}

fn free(heap: &'static TestHeap, all: Vec<(usize, Layout)>) {
    for (memory, layout) in all {
        // SAFETY: `fill` got it with this layout, and it is freed once.
        unsafe { heap.dealloc(std::ptr::with_exposed_provenance_mut(memory), layout) };
    }
}

#[test]
fn a_thread_keeps_no_more_than_is_said() {
    let heap = heap(usize::MAX);
    on_thread(|| {
        let mut most = 0;
        for size in (16..=LARGEST).step_by(16) {
            let before = kept();
            let mut most_of_size = 0;
            for one in fill_size(heap, size, 100_000) {
                free(heap, vec![one]);
                most_of_size = most_of_size.max(kept() - before);
                assert!(kept() <= Bounds::thread());
            }
            most += most_of_size;
        }
        // The lists are full in turn: the figure is the one that is said, not a larger one.
        assert_eq!(most, Bounds::thread());
        assert_eq!(heap.below_bytes(), CACHE + kept() + heap.counts().centre);
        assert_eq!(heap.counts().centre, Bounds::centre());
    });
}

#[test]
fn ended_threads_leave_no_more_than_is_said() {
    let heap = heap(usize::MAX);
    for _ in 0..3 {
        let barrier = Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    on_thread(|| {
                        let all = fill(heap, 20_000);
                        barrier.wait();
                        free(heap, all);
                    });
                });
            }
        });
        let counts = heap.counts();
        assert_eq!((counts.caches, counts.pooled), (4, 4));
        assert!(counts.centre <= Bounds::centre());
        assert!(heap.below_bytes() <= counts.centre + Bounds::pool() + 4 * CACHE);
    }
}

#[test]
fn short_threads_find_what_the_ones_before_had() {
    let heap = heap(usize::MAX);
    let round = || {
        on_thread(|| {
            let some = fill(heap, 1);
            free(heap, some);
        });
    };
    round();
    let after_one = heap.below_bytes();
    for _ in 0..200 {
        round();
    }
    assert_eq!(heap.below_bytes(), after_one);
}

#[test]
fn memory_stays_flat_where_one_thread_allocates_and_another_frees() {
    let heap = heap(usize::MAX);
    let round = || {
        let all = on_thread(|| fill(heap, 4096));
        on_thread(|| free(heap, all));
    };
    let mut most = 0;
    for _ in 0..20 {
        round();
        most = most.max(heap.below_bytes());
    }
    assert!(most <= Bounds::centre() + Bounds::pool() + 4 * CACHE, "{most}");
}

#[test]
fn batches_go_round_and_nothing_is_fetched_from_below() {
    let heap = heap(usize::MAX);
    let layout = Layout::from_size_align(256, 8).expect("a valid layout");
    let handed = Mutex::new(Vec::new());
    let turn = Barrier::new(2);
    let rounds = 50;
    let mut after = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            on_thread(|| {
                for _ in 0..rounds {
                    for _ in 0..64 {
                        // SAFETY: the layout has bytes.
                        let memory = unsafe { heap.alloc(layout) };
                        handed.lock().unwrap().push((memory.expose_provenance(), layout));
                    }
                    turn.wait();
                    turn.wait();
                }
            });
        });
        on_thread(|| {
            for _ in 0..rounds {
                turn.wait();
                free(heap, std::mem::take(&mut *handed.lock().unwrap()));
                after.push(heap.below_bytes());
                turn.wait();
            }
        });
    });
    assert_eq!(after.last(), after.get(4), "{after:?}");
}
