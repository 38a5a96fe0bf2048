//! What one thread sees.

use std::alloc::Layout;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::{Fate, LARGEST};
use super::{SET_UP, TestHeap, fate, heap, on_thread, on_thread_that};

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("a valid layout")
}

fn alloc(heap: &'static TestHeap, layout: Layout) -> *mut u8 {
    // SAFETY: tests ask for bytes.
    unsafe { heap.alloc(layout) }
}

fn free(heap: &'static TestHeap, memory: *mut u8, layout: Layout) {
    // SAFETY: tests give back what they got, or want to be noticed.
    unsafe { heap.dealloc(memory, layout) };
}

#[test]
fn what_was_freed_is_used_again_at_once_whatever_it_was_for() {
    let heap = heap(usize::MAX);
    on_thread(|| {
        let first = alloc(heap, layout(33, 1));
        free(heap, first, layout(33, 1));
        let second = alloc(heap, layout(48, 8));
        assert_eq!(first, second);
        assert_ne!(alloc(heap, layout(48, 8)), second);
    });
}

#[test]
fn every_alignment_and_size_is_as_asked_for_and_comes_back() {
    let heap = heap(usize::MAX);
    on_thread(|| {
        for align in (0..=16).map(|shift| 1_usize << shift) {
            for size in [1, 15, 16, 17, LARGEST - 1, LARGEST, LARGEST + 1, 65_536, 3 << 20] {
                let layout = layout(size, align);
                let memory = alloc(heap, layout);
                assert!(
                    !memory.is_null() && memory.addr().is_multiple_of(align),
                    "{layout:?}"
                );
                free(heap, memory, layout);
            }
        }
    });
}

#[test]
fn what_was_used_before_is_zero_if_that_is_asked_for() {
    let heap = heap(usize::MAX);
    on_thread(|| {
        for size in [1, 24, 100, LARGEST, LARGEST + 1, 100_000] {
            let layout = layout(size, 8);
            let memory = alloc(heap, layout);
            // SAFETY: memory of this size.
            unsafe { memory.write_bytes(0xff, size) };
            free(heap, memory, layout);
            // SAFETY: the layout has bytes.
            let zeroed = unsafe { heap.alloc_zeroed(layout) };
            // SAFETY: memory of this size that was written.
            let bytes = unsafe { std::slice::from_raw_parts(zeroed, size) };
            assert!(bytes.iter().all(|byte| *byte == 0), "{size}");
            free(heap, zeroed, layout);
        }
    });
}

#[test]
fn what_fits_stays_where_it_is() {
    let heap = heap(usize::MAX);
    on_thread(|| {
        let memory = alloc(heap, layout(33, 4));
        // SAFETY: allocated with this layout.
        let same = unsafe { heap.realloc(memory, layout(33, 4), 48) };
        assert_eq!(same, memory);
        // SAFETY: as above.
        let moved = unsafe { heap.realloc(memory, layout(48, 4), 49) };
        assert_ne!(moved, memory);
        free(heap, moved, layout(49, 4));
    });
}

#[test]
fn what_is_freed_twice_is_noticed_in_the_list_and_in_the_reserve() {
    let heap = heap(usize::MAX);
    let layout = layout(64, 8);
    // The list takes 64, and another 64 make it the reserve.
    for more in [0, 1, 70] {
        on_thread(|| {
            let memory = alloc(heap, layout);
            let others: Vec<_> = (0..more).map(|_| alloc(heap, layout)).collect();
            free(heap, memory, layout);
            for other in others {
                free(heap, other, layout);
            }
            let caught = catch_unwind(AssertUnwindSafe(|| free(heap, memory, layout)));
            let message = caught.expect_err("it is free already");
            assert_eq!(message.downcast_ref::<&str>(), Some(&"freed twice"), "{more}");
        });
    }
}

#[test]
fn what_only_looks_free_is_freed() {
    let heap = heap(usize::MAX);
    let layout = layout(32, 8);
    on_thread(|| {
        let (first, second) = (alloc(heap, layout), alloc(heap, layout));
        free(heap, first, layout);
        // SAFETY: both are memory of this size, of which nobody uses the first one.
        unsafe { second.copy_from_nonoverlapping(first, 32) };
        free(heap, second, layout);
        let again = alloc(heap, layout);
        assert_eq!(again, second);
        // A program that writes the mark itself.
        // SAFETY: memory of two words.
        unsafe { again.cast::<usize>().add(1).write(again.addr() ^ 0x5f72_6565) };
        free(heap, again, layout);
        assert_eq!((alloc(heap, layout), alloc(heap, layout)), (second, first));
    });
}

#[test]
fn a_thread_without_storage_or_after_its_end_does_without_a_cache() {
    let heap = heap(usize::MAX);
    let layout = layout(40, 8);
    let use_it = || {
        let before = heap.below_bytes();
        let memory = alloc(heap, layout);
        assert!(!memory.is_null());
        assert_eq!(heap.below_bytes(), before + 48);
        free(heap, memory, layout);
        assert_eq!(heap.below_bytes(), before, "something was kept");
    };
    on_thread(|| {
        SET_UP.set(false);
        use_it();
        assert_eq!(heap.counts().caches, 0);
        SET_UP.set(true);
        let memory = alloc(heap, layout);
        free(heap, memory, layout);
        assert_eq!(heap.counts().caches, 1);
        fate(Fate::Ended);
        use_it();
        // A second time is no harm.
        fate(Fate::Ended);
        assert_eq!((heap.counts().caches, heap.counts().pooled), (1, 1));
    });
}

#[test]
fn what_a_dead_thread_had_is_counted_and_left_alone() {
    let heap = heap(usize::MAX);
    let layout = layout(64, 8);
    on_thread_that(Fate::Died, || {
        let many: Vec<_> = (0..100)
            .map(|_| alloc(heap, layout).expose_provenance())
            .collect();
        for memory in many {
            free(heap, std::ptr::with_exposed_provenance_mut(memory), layout);
        }
    });
    // Lists grow by 1, 2, 4 ... 64 objects: 100 were wanted and 127 came.
    assert_eq!(heap.counts().lost, 127 * 64);
    assert_eq!((heap.counts().caches, heap.counts().pooled), (1, 0));
}

#[test]
fn what_others_can_do_without_is_given_back_before_memory_is_short() {
    let heap = heap(1 << 20);
    let layout = layout(512, 8);
    let fill = || {
        let mut all = Vec::new();
        loop {
            let memory = alloc(heap, layout);
            if memory.is_null() {
                return all;
            }
            all.push(memory.expose_provenance());
        }
    };
    let all = on_thread(fill);
    assert!(all.len() > 2000, "{}", all.len());
    on_thread(|| {
        for memory in &all {
            free(heap, std::ptr::with_exposed_provenance_mut(*memory), layout);
        }
    });
    let counts = heap.counts();
    assert!(counts.centre > 0 && counts.pooled > 0, "{counts:?}");
    // All of it, in another size: what is kept has to go.
    on_thread(|| {
        let large = Layout::from_size_align((1 << 20) - 4096, 16).expect("a valid layout");
        let memory = alloc(heap, large);
        assert!(!memory.is_null());
        let too_much = alloc(heap, large);
        assert!(too_much.is_null());
        free(heap, memory, large);
    });
    assert_eq!(heap.counts().centre, 0);
}
