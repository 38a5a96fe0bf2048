//! Models of what threads share: batches on their way through the centre, and the lock of the allocator below.
//!
//! How they run stands in the runtime's `models.rs`.

use core::ptr::NonNull;

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use super::centre::Centre;
use super::lock::{Lock, Wait};
use crate::primitive::{AtomicU32, Memory, check_weakened};
use core::sync::atomic::Ordering;

/// A batch: what of it matters is that one thread at a time uses its objects.
struct Batch {
    objects: [Memory; 2],
}

type OneSize = Centre<Batch, 1, 2>;

/// Has each object allocated and freed.
fn use_all(batch: NonNull<Batch>) {
    // SAFETY: freed at the end of the model, when all threads have been joined.
    for object in unsafe { &batch.as_ref().objects } {
        object.touch();
    }
}

#[test]
fn a_batch_belongs_to_one_thread_at_a_time() {
    loom::model(|| {
        let centre = Arc::new(OneSize::new());
        let batch = NonNull::from(Box::leak(Box::new(Batch {
            objects: [Memory::new(), Memory::new()],
        })));
        use_all(batch);
        assert!(centre.put(1, batch).is_none());
        let rounds = |centre: &OneSize| {
            if let Some(batch) = centre.take(1) {
                use_all(batch);
                assert!(centre.put(1, batch).is_none(), "there was room for it before");
            }
        };
        let theirs = Arc::clone(&centre);
        let other = thread::spawn(move || rounds(&theirs));
        rounds(&centre);
        other.join().unwrap();
        assert_eq!(centre.len(1), 1);
        // SAFETY: all threads have been joined.
        drop(unsafe { Box::from_raw(batch.as_ptr()) });
    });
}

/// Sleep and wake as wasm has them: whoever finds the word changed does not sleep, and wakes only reach who does.
struct Sleepers {
    asleep: Mutex<u32>,
    wake: Condvar,
}

impl Sleepers {
    fn new() -> Self {
        Self {
            asleep: Mutex::new(0),
            wake: Condvar::new(),
        }
    }
}

impl Wait for Sleepers {
    fn wait(&self, word: &AtomicU32, value: u32) {
        let asleep = self.asleep.lock().unwrap();
        // Relaxed: what orders the two is the lock of the model, as the engine's does.
        if word.load(Ordering::Relaxed) == value {
            drop(self.wake.wait(asleep).unwrap());
        }
    }

    fn wake_one(&self, _word: &AtomicU32) {
        let _asleep = self.asleep.lock().unwrap();
        self.wake.notify_one();
    }
}

// Who sleeps and is never woken is a deadlock, which loom reports.
fn use_below(threads: usize, preemptions: Option<usize>) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = preemptions;
    model.check(move || {
        let below = Arc::new(Lock::new(Memory::new(), Sleepers::new()));
        let others: Vec<_> = (1..threads)
            .map(|_| {
                let theirs = Arc::clone(&below);
                thread::spawn(move || theirs.hold().touch())
            })
            .collect();
        below.hold().touch();
        for other in others {
            other.join().unwrap();
        }
    });
}

#[test]
fn the_allocator_below_is_used_by_one_of_two_at_a_time_and_nobody_sleeps_for_ever() {
    use_below(2, None);
}

#[test]
fn nobody_of_three_sleeps_for_ever() {
    // With more, loom takes hours.
    use_below(3, Some(2));
}

#[test]
fn every_weakened_ordering_is_noticed() {
    let batch = "a_batch_belongs_to_one_thread_at_a_time";
    let below = "the_allocator_below_is_used_by_one_of_two_at_a_time_and_nobody_sleeps_for_ever";
    check_weakened(
        module_path!(),
        &[
            ("cache-put", batch),
            ("cache-take", batch),
            ("lock-hold", below),
            ("lock-hold-later", below),
            ("lock-release", below),
        ],
    );
}
